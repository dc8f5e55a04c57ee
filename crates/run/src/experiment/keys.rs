//! The keys of an experiment file, as its reader knows them.

use serde::de::value::Error as Refusal;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use varflat_model::TrainingConfig;

use super::{
    DataSection, Experiment, FitSection, LandscapeSection, LangevinSection, ModelSection, PcaSection,
    RecorderSection,
};
use crate::error::Result;

/// A key and the value it has where a file does not give it; `None` if it has none then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// As of `--set`, such as `training.learning_rate`.
    pub name: String,
    /// In TOML.
    pub default: Option<String>,
}

/// Every key of an experiment file, section by section.
///
/// # Errors
/// None that a file could cause.
pub fn keys() -> Result<Vec<Key>> {
    let defaults =
        toml::Table::try_from(Experiment::parse("name = \"NAME\"", "the defaults", &[])?).unwrap_or_default();
    let sections: [(&str, &[&str]); 8] = [
        ("data", fields::<DataSection>()),
        ("model", fields::<ModelSection>()),
        ("training", fields::<TrainingConfig>()),
        ("recorder", fields::<RecorderSection>()),
        ("pca", fields::<PcaSection>()),
        ("landscape", fields::<LandscapeSection>()),
        ("fit", fields::<FitSection>()),
        ("langevin", fields::<LangevinSection>()),
    ];
    let given = |table: Option<&toml::Value>, key: &str| table?.get(key).map(ToString::to_string);
    let top = fields::<Experiment>().iter().filter(|key| sections.iter().all(|(section, _)| section != *key));
    let top = top.map(|key| Key {
        name: (*key).to_owned(),
        default: defaults.get(*key).filter(|_| *key != "name").map(ToString::to_string),
    });
    let below = sections.iter().flat_map(|(section, keys)| {
        let table = defaults.get(*section);
        keys.iter().map(move |key| Key { name: format!("{section}.{key}"), default: given(table, key) })
    });
    Ok(top.chain(below).collect())
}

/// The names of the fields that a type is read from.
fn fields<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut found: &'static [&'static str] = &[];
    // Nothing is read: the type names its fields, and is refused.
    let _ = T::deserialize(Fields(&mut found));
    found
}

/// A reader that only hears what it is asked for.
struct Fields<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Fields<'_> {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> std::result::Result<V::Value, Refusal> {
        Err(Refusal::custom("not a section"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> std::result::Result<V::Value, Refusal> {
        *self.0 = fields;
        Err(Refusal::custom("only its fields were asked for"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_listed_and_taken_back_with_its_default() {
        let keys = keys().unwrap();
        for key in ["seed", "data.samples", "model.hidden", "training.learning_rate", "langevin.temperature"]
        {
            assert!(keys.iter().any(|known| known.name == key), "{key}");
        }
        let given = keys.iter().filter_map(|key| Some(format!("{}={}", key.name, key.default.as_ref()?)));
        let given: Vec<String> = given.collect();
        let plain = Experiment::parse("name = 'a'", "a.toml", &[]).unwrap();
        assert_eq!(Experiment::parse("name = 'a'", "a.toml", &given).unwrap(), plain);
    }
}
