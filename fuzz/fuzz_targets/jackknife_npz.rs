#![no_main]

varflat_fuzz::fuzz_reader!("jackknife_npz");
