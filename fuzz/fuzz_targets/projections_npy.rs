#![no_main]

varflat_fuzz::fuzz_reader!("projections_npy");
