//! Many statements at once, with room for deep ones, in the order of the list.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Bytes of stack: the deepest statement that the parser lets through fits in, also without optimization.
const STACK_BYTES: usize = 256 << 20;

/// Runs `work` on a thread with room for deep statements.
pub fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let worker = thread::Builder::new().name("planner".into()).stack_size(STACK_BYTES).spawn_scoped(scope, work);
        match worker.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => panic!("cannot start a thread: {error}"),
        }
    })
}

/// `work` on every element, on `jobs` threads; results in the order of the elements whatever the number of threads.
pub fn map<T: Sync, R: Send>(items: &[T], jobs: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, items.len().max(1)) {
            let run = || {
                let mut own = Vec::new();
                loop {
                    let no = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(no) else { break };
                    own.push((no, work(item)));
                }
                done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(own);
            };
            if thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, run).is_err() {
                // No thread to be had: this one does it.
                run();
            }
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(no, _)| *no);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Threads to use if nobody says how many.
pub fn default_jobs() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Runs `work`; a panic, which is a bug of this program, becomes its message.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "unknown".into())
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn order_does_not_depend_on_threads() {
        let items: Vec<u32> = (0..100).collect();
        let expected: Vec<u32> = items.iter().map(|n| n * 2).collect();
        for jobs in [1, 3, 200] {
            assert_eq!(super::map(&items, jobs, |n| n * 2), expected);
        }
    }
}
