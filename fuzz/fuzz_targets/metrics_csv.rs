#![no_main]

varflat_fuzz::fuzz_reader!("metrics_csv");
