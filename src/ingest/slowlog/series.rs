//! Sums and quantiles of many numbers in little memory.

/// Buckets that each power of two is cut into: a quantile is off by 1/64 at most.
const STEPS: u64 = 32;

/// Counts of numbers in buckets that grow with the numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Bucket in the upper 16 bits and count in the others, in order of the buckets: small, as there are many histograms.
    buckets: Vec<u64>,
}

/// Bits of a count.
const COUNT_BITS: u32 = 48;
const COUNT: u64 = (1 << COUNT_BITS) - 1;

fn bucket_of(value: u64) -> u16 {
    if value < STEPS {
        return value as u16;
    }
    let power = u64::from(63 - value.leading_zeros());
    (STEPS * (power - 4) + ((value >> (power - 5)) & (STEPS - 1))) as u16
}

/// The number in the middle of a bucket.
fn middle(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    if bucket < STEPS {
        return bucket;
    }
    let power = bucket / STEPS + 4;
    let width = 1_u64 << (power - 5);
    (STEPS + bucket % STEPS) * width + width / 2
}

impl Histogram {
    /// Counts a number so many times.
    #[inline]
    pub fn add(&mut self, value: u64, times: u64) {
        self.add_to(bucket_of(value), times);
    }

    #[inline]
    fn add_to(&mut self, bucket: u16, times: u64) {
        let first = u64::from(bucket) << COUNT_BITS;
        let at = self.buckets.partition_point(|own| *own < first);
        match self.buckets.get_mut(at) {
            Some(own) if *own >> COUNT_BITS == u64::from(bucket) => *own = first | ((*own & COUNT) + times).min(COUNT),
            _ => self.buckets.insert(at, first | times.min(COUNT)),
        }
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: &Histogram) {
        for own in &other.buckets {
            self.add_to((own >> COUNT_BITS) as u16, own & COUNT);
        }
    }

    /// The number below which this share (0 to 1) of the numbers lies; 0 if there are none.
    pub fn quantile(&self, share: f64) -> u64 {
        let total: u64 = self.buckets.iter().map(|own| own & COUNT).sum();
        let rank = ((total as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        for own in &self.buckets {
            seen += own & COUNT;
            if seen >= rank {
                return middle((own >> COUNT_BITS) as u16);
            }
        }
        0
    }
}

/// Sum, least, greatest and quantiles of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub sum: u64,
    /// The least; 0 if there are none.
    pub min: u64,
    /// The greatest.
    pub max: u64,
    histogram: Histogram,
}

/// Nanoseconds in a step of the histogram's smallest buckets.
const GRAIN: u64 = 1000;

impl Series {
    /// Counts a number so many times.
    #[inline]
    pub fn add(&mut self, value: u64, times: u64) {
        self.bound(value, value);
        self.count += times;
        self.sum = self.sum.saturating_add(value.saturating_mul(times));
        self.histogram.add(value / GRAIN, times);
    }

    /// Counts numbers of which only these facts are known; the quantiles come from the mean and the 95th percentile.
    pub fn add_summary(&mut self, count: u64, [sum, min, max]: [u64; 3], percentile_95: Option<u64>) {
        if count == 0 {
            return;
        }
        self.bound(min, max);
        self.count += count;
        self.sum = self.sum.saturating_add(sum);
        let above = if count >= 20 { count / 20 } else { 0 };
        self.histogram.add(sum / count / GRAIN, count - above);
        if above > 0 {
            self.histogram.add(percentile_95.unwrap_or(max) / GRAIN, above);
        }
    }

    #[inline]
    fn bound(&mut self, min: u64, max: u64) {
        self.min = if self.count == 0 { min } else { self.min.min(min) };
        self.max = self.max.max(max);
    }

    /// Adds the numbers of another.
    pub fn merge(&mut self, other: &Series) {
        if other.count == 0 {
            return;
        }
        self.bound(other.min, other.max);
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
        self.histogram.merge(&other.histogram);
    }

    /// The mean; 0 if there are none.
    pub fn mean(&self) -> u64 {
        self.sum.checked_div(self.count).unwrap_or(0)
    }

    /// The number below which this share (0 to 1) lies, off by at most 1/64 of it.
    pub fn quantile(&self, share: f64) -> u64 {
        (self.histogram.quantile(share) * GRAIN).clamp(self.min, self.max.max(self.min))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_cover_all_numbers_closely() {
        let mut value = 1_u64;
        while value < 1 << 60 {
            let off = middle(bucket_of(value)).abs_diff(value);
            assert!(off * 64 <= value, "{value} is told as {}", middle(bucket_of(value)));
            assert!(bucket_of(value) <= bucket_of(value + value / 7 + 1));
            value += value / 7 + 1;
        }
    }

    #[test]
    fn quantiles_are_close() {
        let mut series = Series::default();
        for number in 1..=10_000_u64 {
            series.add(number * 1_000_000, 1);
        }
        let near = |quantile: f64, expected: f64| {
            let found = series.quantile(quantile) as f64 / 1e6;
            assert!((found - expected).abs() <= expected / 50.0, "{quantile}: {found}");
        };
        near(0.5, 5000.0);
        near(0.95, 9500.0);
        assert_eq!((series.min, series.max, series.mean()), (1_000_000, 10_000_000_000, 5_000_500_000));
        let mut one = Series::default();
        one.add(123_456_789, 1);
        assert_eq!((one.quantile(0.5), one.quantile(0.95)), (123_456_789, 123_456_789));
    }
}
