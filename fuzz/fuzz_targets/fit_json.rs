#![no_main]

varflat_fuzz::fuzz_reader!("fit_json");
