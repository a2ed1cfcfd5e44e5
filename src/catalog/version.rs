//! Which server release is followed. A rule that differs between releases is one comparison with a [`ServerVersion`] where the
//! rule stands; the end of each part of the specification lists them.

use std::fmt;
use std::str::FromStr;

/// Server releases that the planner can follow, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum ServerVersion {
    /// 8.0.39.
    #[default]
    V8_0,
    /// 8.4, the first long-term release.
    V8_4,
    /// 9.7, the second one.
    V9_7,
}

impl ServerVersion {
    /// All that are known, oldest first.
    pub const ALL: [ServerVersion; 3] = [ServerVersion::V8_0, ServerVersion::V8_4, ServerVersion::V9_7];

    /// What the variable `version` says of a server that is followed without a bundle of its own.
    pub fn variable(self) -> &'static str {
        match self {
            ServerVersion::V8_0 => "8.0.39",
            ServerVersion::V8_4 => "8.4.0",
            ServerVersion::V9_7 => "9.7.0",
        }
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ServerVersion::V8_0 => "8.0",
            ServerVersion::V8_4 => "8.4",
            ServerVersion::V9_7 => "9.7",
        })
    }
}

/// A text that names no release that can be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no server version that can be followed; known are 8.0, 8.4 and 9.7, and what lies between or after follows the \
         nearest older one"
)]
pub struct UnknownVersion(pub String);

impl FromStr for ServerVersion {
    type Err = UnknownVersion;

    /// Reads `8.0`, or a whole version as the variable `version` prints it (`8.0.39-log`). A release between two known ones follows
    /// the older: 8.1 to 8.3 plan as 8.0, 9.0 to 9.6 as 8.4, anything later as 9.7.
    ///
    /// # Errors
    /// No version, one before 8.0, or a fork with numbers of its own.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownVersion(text.to_owned());
        if text.to_ascii_lowercase().contains("mariadb") || text.contains("..") {
            return Err(unknown());
        }
        let mut numbers = text.trim().split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u32>().ok());
        let (Some(Some(major)), minor) = (numbers.next(), numbers.next().flatten()) else { return Err(unknown()) };
        let asked = (major, minor.unwrap_or(0));
        match asked {
            (0..8, _) => Err(unknown()),
            _ if asked < (8, 4) => Ok(ServerVersion::V8_0),
            _ if asked < (9, 7) => Ok(ServerVersion::V8_4),
            _ => Ok(ServerVersion::V9_7),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_follow_the_nearest_that_is_not_newer() {
        let cases = [
            ("8.0", "8.0"),
            ("8.0.39-log", "8.0"),
            ("8.0.mysql_aurora.3.04.0", "8.0"),
            ("8.3.0", "8.0"),
            ("8.4.10", "8.4"),
            ("9.6.0", "8.4"),
            ("9.7.4-2", "9.7"),
            ("10.1", "9.7"),
        ];
        for (text, followed) in cases {
            assert_eq!(text.parse::<ServerVersion>().map(|version| version.to_string()), Ok(followed.to_owned()), "{text}");
        }
        for text in ["5.7.44", "10.11.6-MariaDB", "", "new"] {
            assert!(text.parse::<ServerVersion>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_version_reads_its_own_texts() {
        for version in ServerVersion::ALL {
            assert_eq!(version.to_string().parse(), Ok(version));
            assert_eq!(version.variable().parse(), Ok(version));
        }
    }
}
