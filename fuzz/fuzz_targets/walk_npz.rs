#![no_main]

varflat_fuzz::fuzz_reader!("walk_npz");
