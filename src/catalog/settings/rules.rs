//! How the session stores values and which dates it accepts.

use super::Settings;
use crate::value::{DateRules, StoreRules};

impl Settings {
    /// Which incomplete dates are accepted (spec 09 §4).
    pub fn date_rules(&self) -> DateRules {
        DateRules {
            no_zero_date: self.sql_mode.no_zero_date,
            no_zero_in_date: self.sql_mode.no_zero_in_date,
            allow_invalid: self.sql_mode.allow_invalid_dates,
        }
    }

    /// How values are stored into columns.
    pub fn store_rules(&self) -> StoreRules {
        StoreRules { dates: self.date_rules(), time_zone_seconds: self.time_zone_seconds }
    }

    /// Silent conversion of range bounds: every date with a month up to 12 and a day up to 31 can be stored (spec 03 §2.4).
    pub fn lenient_store_rules(&self) -> StoreRules {
        let dates = DateRules { allow_invalid: true, ..DateRules::default() };
        StoreRules { dates, time_zone_seconds: self.time_zone_seconds }
    }
}
