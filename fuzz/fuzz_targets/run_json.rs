#![no_main]

varflat_fuzz::fuzz_reader!("run_json");
