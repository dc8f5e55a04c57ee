#![no_main]

varflat_fuzz::fuzz_reader!("experiment_toml");
