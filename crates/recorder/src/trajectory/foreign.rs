//! What to do about arrays that other programs saved, and that are no trajectory as they are: one line of numpy for each.

use std::{
    fs::File,
    io::{BufReader, Seek, SeekFrom},
    path::Path,
};

use varflat_files::{NpyHeader, shortened};

/// Arrays in one file that are counted; a file of more is not one of several `np.save`.
const MOST_ARRAYS: u64 = 1 << 24;

/// What is wrong with a shape that is not `[steps, weights]`, and how to make that of it.
pub(super) fn shape_remedy(header: &NpyHeader, path: &Path) -> String {
    let shape = if header.shape_text.is_empty() { String::new() } else { shortened(&header.shape_text) };
    let problem = match header.shape[..] {
        [] => "a single number".to_owned(),
        [_, 0] | [0, ..] | [.., 0] => "nothing in it".to_owned(),
        [_] => match arrays(path).filter(|arrays| *arrays > 1) {
            Some(arrays) => format!("one row, and {} more arrays behind it: {}", arrays - 1, joined(path, arrays, "stack")),
            None => "one dimension: one row alone, or rows that lie one behind the other: np.save(f, np.load(f).reshape(-1, WEIGHTS))".to_owned(),
        },
        _ if header.has_groups() => {
            "three dimensions or more; should a comma be there to separate thousands, write the number without".to_owned()
        }
        [_, _, _] => "three dimensions, a matrix at every step: np.save(f, a.transpose(0, 2, 1).reshape(len(a), -1)) flattens the \
             [d_out, d_in] of PyTorch, np.save(f, a.reshape(len(a), -1)) what is [d_in, d_out] already, with a = np.load(f)"
            .to_owned(),
        _ => format!("{} dimensions: np.save(f, np.load(f).reshape(len(np.load(f)), -1)) flattens each step", header.shape.len()),
    };
    format!("shape ({shape}): {problem}")
}

/// What lies behind the first array of a file, `bytes` from the place `end` on.
pub(super) fn behind(path: &Path, bytes: u64, rows: u64, row_bytes: u64) -> String {
    match arrays(path).filter(|arrays| *arrays > 1) {
        Some(arrays) => format!(
            "{bytes} bytes behind its {rows} rows: {arrays} arrays were saved to one open file, of which numpy reads the first: {}",
            joined(path, arrays, "concatenate")
        ),
        None => format!(
            "{bytes} bytes ({} rows) behind its {rows} rows: something was appended, or the header was not brought up to date; \
             np.save(\"first.npy\", np.load({:?})) keeps the rows it names",
            bytes as f64 / row_bytes.max(1) as f64,
            path.display().to_string(),
        ),
    }
}

/// The line of numpy that makes one array of several in a file.
fn joined(path: &Path, arrays: u64, how: &str) -> String {
    let path = path.display().to_string();
    format!(
        "`f = open({path:?}, \"rb\"); np.save(\"one.npy\", np.{how}([np.load(f) for _ in range({arrays})]))` makes one of them"
    )
}

/// How many arrays fill a file, one behind the other; `None` if something else is in it.
fn arrays(path: &Path) -> Option<u64> {
    let file = File::open(path).ok()?;
    let all = file.metadata().ok()?.len();
    let mut file = BufReader::new(file);
    let mut place = 0;
    for count in 1..=MOST_ARRAYS {
        file.seek(SeekFrom::Start(place)).ok()?;
        let header = NpyHeader::read(&mut file).ok()?;
        let element: u64 =
            header.element.trim_start_matches(|letter: char| !letter.is_ascii_digit()).parse().ok()?;
        let bytes = header.shape.iter().try_fold(element, |bytes, length| bytes.checked_mul(*length))?;
        place = place.checked_add(header.bytes)?.checked_add(bytes)?;
        if place >= all {
            return (place == all).then_some(count);
        }
    }
    None
}
