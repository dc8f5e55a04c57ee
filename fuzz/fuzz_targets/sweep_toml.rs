#![no_main]

varflat_fuzz::fuzz_reader!("sweep_toml");
