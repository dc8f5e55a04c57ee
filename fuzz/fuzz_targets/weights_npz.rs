#![no_main]

varflat_fuzz::fuzz_reader!("weights_npz");
