#![no_main]

varflat_fuzz::fuzz_reader!("window_npy");
