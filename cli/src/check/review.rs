//! `myexplain review`: goes through the plans that nobody approved, and asks.

use super::{Checked, Subject, approve, case, in_ci};
use crate::{Failure, Found, Surroundings, output};
use clap::Args;
use myexplain::check::Verdict;
use std::io::BufRead;

/// Arguments of `review`.
#[derive(Args, Debug)]
pub(crate) struct Review {
    #[command(flatten)]
    subject: Subject,
}

/// What a person says to a plan.
enum Answer {
    Accept,
    Reject,
    Skip,
    AcceptAll,
    Quit,
}

impl Review {
    pub(crate) fn run(&self, around: &Surroundings) -> Result<Found, Failure> {
        if in_ci() {
            return Err("review is refused where CI is set: approve plans on your machine and commit them".to_owned().into());
        }
        let checked = self.subject.checked(false, around.terminal)?;
        let pending: Vec<&Checked> = checked.iter().filter(|statement| statement.verdict != Verdict::Same).collect();
        let (mut accepted, mut left, mut accept_all) = (0, 0, false);
        for (no, statement) in pending.iter().enumerate() {
            show(statement, no + 1, pending.len())?;
            if statement.outcome.is_err() {
                left += 1;
                continue;
            }
            let answer = if accept_all { Answer::Accept } else { ask(around)? };
            match answer {
                Answer::Accept | Answer::AcceptAll => {
                    approve(statement)?;
                    accepted += 1;
                    accept_all |= matches!(answer, Answer::AcceptAll);
                }
                Answer::Reject | Answer::Skip => left += 1,
                Answer::Quit => {
                    left += pending.len() - no;
                    break;
                }
            }
        }
        around.terminal.remark(&format!("{} approved, {left} left as they were", super::text::counted(accepted, "plan")));
        Ok(if left > 0 { Found::Differences } else { Found::Nothing })
    }
}

fn show(statement: &Checked, no: usize, of: usize) -> Result<(), Failure> {
    let mut text = format!("\n[{no}/{of}] {}:{} {}\n", statement.shown_file(), statement.line, statement.name);
    for line in statement.sql.lines() {
        text.push_str(&format!("    {line}\n"));
    }
    for problem in case(statement).problems {
        text.push_str(&format!("{}\n", problem.message));
        for line in problem.detail {
            text.push_str(&format!("    {line}\n"));
        }
    }
    Ok(output::print(&text)?)
}

fn ask(around: &Surroundings) -> Result<Answer, Failure> {
    loop {
        output::print("accept (a), accept all (A), reject (r), skip (s), quit (q)? ")?;
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).map_err(|error| format!("cannot read the answer: {error}"))?;
        match line.trim() {
            _ if read == 0 => return Ok(Answer::Quit),
            "a" | "accept" | "y" => return Ok(Answer::Accept),
            "A" | "all" => return Ok(Answer::AcceptAll),
            "r" | "reject" | "n" => return Ok(Answer::Reject),
            "s" | "skip" => return Ok(Answer::Skip),
            "q" | "quit" => return Ok(Answer::Quit),
            other => around.terminal.remark(&format!("'{other}' is none of a, A, r, s, q")),
        }
    }
}
