#![no_main]

varflat_fuzz::fuzz_reader!("figure_svg");
