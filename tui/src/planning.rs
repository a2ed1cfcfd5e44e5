//! Planning beside the interface: a thread of its own with a deep stack. The newest request wins; an answer to an older one is
//! dropped, and the search for it stops at the next table that it would try.

use crate::message::{Answer, Message, Request, Survey};
use crate::model::{Failure, Planned, Statement, planned};
use myexplain::Catalog;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of stack: the deepest statement that the parser lets through fits in, also without optimization.
const STACK_BYTES: usize = 256 << 20;

enum Job {
    Plan(Request, Instant),
    Survey(Vec<Statement>),
    Interrupt,
}

/// The thread that plans.
#[derive(Debug)]
pub struct Planning {
    jobs: Sender<Job>,
    /// Stops what is being planned now.
    stop: Arc<Mutex<Arc<AtomicBool>>>,
}

impl Planning {
    /// Starts the thread; answers go to `out`.
    ///
    /// # Errors
    /// No thread is to be had.
    pub fn start(catalog: Arc<Catalog>, out: Sender<Message>) -> std::io::Result<Planning> {
        let (jobs, inbox) = channel();
        let stop = Arc::new(Mutex::new(Arc::new(AtomicBool::new(false))));
        let worker = Worker { catalog, out, inbox, stop: Arc::clone(&stop), due: None, survey: VecDeque::new(), surveyed: 0 };
        thread::Builder::new().name("planner".into()).stack_size(STACK_BYTES).spawn(move || worker.run())?;
        Ok(Planning { jobs, stop })
    }

    /// Asks for a plan after a pause.
    pub fn request(&self, request: Request, pause: Duration) {
        self.interrupt_running();
        self.send(Job::Plan(request, Instant::now() + pause));
    }

    /// Asks what statements come to, one after the other while nothing else is wanted.
    pub fn survey(&self, statements: Vec<Statement>) {
        self.send(Job::Survey(statements));
    }

    /// Stops planning.
    pub fn interrupt(&self) {
        self.interrupt_running();
        self.send(Job::Interrupt);
    }

    fn interrupt_running(&self) {
        let stop = self.stop.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        stop.store(true, Ordering::Relaxed);
    }

    fn send(&self, job: Job) {
        // The thread ends only with the process.
        let _ = self.jobs.send(job);
    }
}

struct Worker {
    catalog: Arc<Catalog>,
    out: Sender<Message>,
    inbox: Receiver<Job>,
    stop: Arc<Mutex<Arc<AtomicBool>>>,
    due: Option<(Request, Instant)>,
    survey: VecDeque<Statement>,
    surveyed: usize,
}

impl Worker {
    fn run(mut self) {
        loop {
            match self.next_job() {
                Ok(job) => self.take(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            // What came in meanwhile is newer.
            while let Ok(job) = self.inbox.try_recv() {
                self.take(job);
            }
            let message = match self.due.take_if(|(_, at)| *at <= Instant::now()) {
                Some((request, _)) => self.answer(&request),
                None if self.due.is_none() => match self.survey.pop_front() {
                    Some(statement) => self.look_at(&statement),
                    None => continue,
                },
                None => continue,
            };
            if self.out.send(message).is_err() {
                return;
            }
        }
    }

    fn next_job(&self) -> Result<Job, RecvTimeoutError> {
        let wait = match &self.due {
            Some((_, at)) => at.saturating_duration_since(Instant::now()),
            None if self.survey.is_empty() => Duration::from_secs(3600),
            None => Duration::ZERO,
        };
        self.inbox.recv_timeout(wait)
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Plan(request, at) => self.due = Some((request, at)),
            Job::Survey(statements) => {
                self.survey = statements.into();
                self.surveyed = 0;
            }
            Job::Interrupt => {
                self.due = None;
                self.survey.clear();
            }
        }
    }

    /// A flag for the next statement, which a newer request raises.
    fn new_flag(&self) -> Arc<AtomicBool> {
        let flag = Arc::new(AtomicBool::new(false));
        *self.stop.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::clone(&flag);
        flag
    }

    fn answer(&self, request: &Request) -> Message {
        let flag = self.new_flag();
        let answer = answer(&self.catalog, request, &flag);
        Message::Planned(Box::new(answer))
    }

    fn look_at(&mut self, statement: &Statement) -> Message {
        let flag = self.new_flag();
        let survey = survey(&self.catalog, statement, &flag);
        self.surveyed += 1;
        Message::Surveyed(self.surveyed - 1, survey)
    }
}

/// Plans a request, on this thread.
pub fn answer(catalog: &Catalog, request: &Request, stop: &Arc<AtomicBool>) -> Answer {
    let plan = |catalog: &Catalog, statement: &Statement| planned::plan(catalog, statement, stop).map(Arc::new);
    let no_changes = request.changes.is_empty();
    let base = (request.with_base && !no_changes).then(|| plan(catalog, &request.statement).ok()).flatten();
    let outcome = if no_changes { plan(catalog, &request.statement) } else { supposed(catalog, request, plan) };
    let base = if no_changes { outcome.as_ref().ok().cloned() } else { base };
    Answer { id: request.id, base, outcome }
}

/// Plans under the changes.
fn supposed(
    catalog: &Catalog,
    request: &Request,
    plan: impl Fn(&Catalog, &Statement) -> Result<Arc<Planned>, Failure>,
) -> Result<Arc<Planned>, Failure> {
    let (changed, derivations) = request.changes.apply(catalog).map_err(Failure::new)?;
    let hinted = Statement { sql: request.changes.hinted(&request.statement.sql), sets: request.statement.sets.clone() };
    let mut planned = plan(&changed, &hinted)?;
    if let Some(planned) = Arc::get_mut(&mut planned) {
        planned.sql.clone_from(&request.statement.sql);
        planned.doubts.extend(derivations.iter().map(ToString::to_string));
    }
    Ok(planned)
}

/// What the list of statements shows of one.
pub fn survey(catalog: &Catalog, statement: &Statement, stop: &Arc<AtomicBool>) -> Survey {
    match planned::plan(catalog, statement, stop) {
        Ok(planned) => Survey {
            cost: Some(planned.cost),
            access: worst_access(&planned),
            findings: planned.findings.iter().map(|finding| finding.id.clone()).collect(),
            failure: None,
        },
        Err(failure) => Survey { failure: Some(failure.text), ..Survey::default() },
    }
}

/// The access type that reads most, in the order of the manual from best to worst.
fn worst_access(planned: &Planned) -> String {
    const ORDER: [&str; 12] = [
        "system",
        "const",
        "eq_ref",
        "ref",
        "fulltext",
        "ref_or_null",
        "index_merge",
        "unique_subquery",
        "index_subquery",
        "range",
        "index",
        "ALL",
    ];
    let rank = |access: &str| ORDER.iter().position(|own| *own == access);
    let worst = planned.tables.iter().max_by_key(|table| rank(&table.access_type));
    worst.map_or_else(String::new, |table| table.access_type.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::what_if::{Changes, Step};

    fn request(id: u64, sql: &str, changes: Changes) -> Request {
        Request { id, statement: Statement { sql: sql.into(), sets: Vec::new() }, changes, with_base: true }
    }

    #[test]
    fn the_newest_request_wins() {
        let (out, answers) = channel();
        let planning = Planning::start(Arc::new(Catalog::sample()), out).expect("a thread");
        for id in 1..=5 {
            planning.request(request(id, "SELECT 1", Changes::default()), Duration::from_millis(if id < 5 { 60_000 } else { 0 }));
        }
        let Ok(Message::Planned(answer)) = answers.recv_timeout(Duration::from_secs(20)) else { panic!("no answer") };
        assert_eq!(answer.id, 5);
        assert!(answer.outcome.is_ok());
    }

    #[test]
    fn an_invisible_index_turns_a_lookup_into_a_scan() {
        let mut changes = Changes::default();
        changes.set(Step::new("invisible", "employees.ix_firstname"));
        let catalog = Catalog::sample();
        let sql = "SELECT * FROM employees WHERE first_name = 'Matt'";
        let answer = answer(&catalog, &request(1, sql, changes), &Arc::default());
        let (base, now) = (answer.base.expect("a base"), answer.outcome.expect("plans"));
        assert_eq!((base.tables[0].access_type.as_str(), now.tables[0].access_type.as_str()), ("ref", "ALL"));
        assert!(now.cost > base.cost);
    }
}
