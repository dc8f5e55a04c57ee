//! Data sets that are recognised by what is in their files.

use std::path::Path;

use varflat_files::sha256;

use super::{Content, DataError, folder::Half, idx::Idx};

/// SHA-256 of the four files unpacked (gzip may pack the same bytes in many ways): training images and labels, test images and
/// labels.
const SETS: [(&str, [&str; 4]); 2] = [
    (
        "MNIST",
        [
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ],
    ),
    (
        "Fashion-MNIST",
        [
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ],
    ),
];

/// Where files of these contents are in [`SETS`].
const CONTENTS: [Content; 4] = [Content::Images, Content::Labels, Content::Images, Content::Labels];

/// A file of a known set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    set: &'static str,
    half: Half,
}

/// The known file that a decoded one is.
pub(super) fn recognise<const D: usize>(idx: &Idx<D>, content: Content) -> Option<Known> {
    let header = content.magic().into_iter().chain(idx.dimensions.iter().flat_map(|size| size.to_be_bytes()));
    let digest = sha256(&[&header.collect::<Vec<u8>>(), &idx.elements]);
    SETS.iter().find_map(|(set, digests)| {
        let place = digests.iter().zip(CONTENTS).position(|known| known == (&digest.as_str(), content))?;
        Some(Known { set, half: if place < 2 { Half::Train } else { Half::Test } })
    })
}

/// The name of the set that all four files are of, training images and labels first; `None` unless all are known.
///
/// # Errors
/// [`DataError::Mixture`] where files of known sets do not belong together.
pub(super) fn name(folder: &Path, files: [Option<Known>; 4]) -> Result<Option<&'static str>, DataError> {
    let [train_images, train_labels, test_images, test_labels] = files;
    let pairs = [
        ("training images", train_images, "training labels", train_labels, true),
        ("test images", test_images, "test labels", test_labels, true),
        ("training images", train_images, "test images", test_images, false),
        ("training labels", train_labels, "test labels", test_labels, false),
    ];
    for (one, of_one, other, of_other, same_half) in pairs {
        let (Some(of_one), Some(of_other)) = (of_one, of_other) else { continue };
        if of_one.set != of_other.set || (of_one.half == of_other.half) != same_half {
            let described = |known: Known| format!("{}'s {} set", known.set, known.half.name());
            return Err(DataError::Mixture {
                folder: folder.into(),
                files: [one, other],
                sets: [described(of_one), described(of_other)],
            });
        }
    }
    let all = files.into_iter().collect::<Option<Vec<Known>>>();
    Ok(all.and_then(|all| Some(all.first()?.set)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_one_set_and_of_both_halves_go_together() {
        let known = |set, half| Some(Known { set, half });
        let [mnist, fashion] = ["MNIST", "Fashion-MNIST"]
            .map(|set| [Half::Train, Half::Train, Half::Test, Half::Test].map(|half| known(set, half)));
        let named = |files| name(Path::new("d"), files);
        assert_eq!(named(mnist).unwrap(), Some("MNIST"));
        assert_eq!(named(fashion).unwrap(), Some("Fashion-MNIST"));
        // Halves exchanged are still the set; labels of one's own are nobody's business.
        assert_eq!(named([mnist[2], mnist[3], mnist[0], mnist[1]]).unwrap(), Some("MNIST"));
        assert_eq!(named([mnist[0], None, mnist[2], mnist[3]]).unwrap(), None);
        assert_eq!(named([None; 4]).unwrap(), None);
        let mixtures = [
            ([mnist[0], fashion[1], mnist[2], mnist[3]], "training labels"),
            ([fashion[0], fashion[1], mnist[2], mnist[3]], "test images"),
            ([mnist[0], mnist[1], mnist[2], fashion[3]], "test labels"),
            ([None, mnist[1], None, fashion[3]], "test labels"),
            ([mnist[0], mnist[1], mnist[0], mnist[1]], "test images"),
        ];
        for (files, named_there) in mixtures {
            let message = named(files).unwrap_err().to_string();
            assert!(message.contains(named_there) && message.contains("of one set"), "{message}");
        }
    }
}
