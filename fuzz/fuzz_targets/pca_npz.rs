#![no_main]

varflat_fuzz::fuzz_reader!("pca_npz");
