#![no_main]

varflat_fuzz::fuzz_reader!("flatness_partial_csv");
