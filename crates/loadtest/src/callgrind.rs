//! Reads what callgrind has counted.

use std::collections::BTreeMap;

use anyhow::Context as _;

/// What callgrind counted.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) packets: u64,
    pub(crate) instructions: u64,
    /// Calls, and instructions with all that was called.
    functions: BTreeMap<String, (u64, u64)>,
    /// Instructions without what was called.
    pub(crate) own: BTreeMap<String, u64>,
}

impl Run {
    /// Reads callgrind's format: `fn=` begins a function, `cfn=` and `calls=` a call from it, whose
    /// cost stands in the next line. Names are written once and numbered.
    pub(crate) fn read(profile: &str, packets: u64) -> anyhow::Result<Self> {
        let mut names = BTreeMap::new();
        let mut run = Self {
            packets,
            instructions: 0,
            functions: BTreeMap::new(),
            own: BTreeMap::new(),
        };
        let (mut caller, mut callee, mut calls) = (String::new(), String::new(), 0);
        for line in profile.lines() {
            if let Some(name) = line.strip_prefix("cfn=") {
                callee = resolved(&mut names, name);
            } else if let Some(name) = line.strip_prefix("fn=") {
                caller = resolved(&mut names, name);
            } else if let Some(call) = line.strip_prefix("calls=") {
                let count = call.split_whitespace().next();
                calls = count.context("calls without a count")?.parse()?;
            } else if calls > 0 {
                let cost = cost(line).context("a call without its cost")?;
                let function = run.functions.entry(std::mem::take(&mut callee));
                let function = function.or_default();
                function.0 += std::mem::take(&mut calls);
                function.1 += cost;
            } else if let Some(total) = line.strip_prefix("totals:") {
                run.instructions = total.trim().parse()?;
            } else if let Some(cost) = cost(line) {
                *run.own.entry(caller.clone()).or_default() += cost;
            }
        }
        Ok(run)
    }

    pub(crate) fn function(&self, name: &str) -> (u64, u64) {
        let found = self.functions.iter().filter(|(known, _)| {
            let known = known
                .split_once('\'')
                .map_or(known.as_str(), |(known, _)| known);
            known == name
        });
        found.fold((0, 0), |sum, (_, one)| (sum.0 + one.0, sum.1 + one.1))
    }
}

/// What stands after the place in a line of costs.
fn cost(line: &str) -> Option<u64> {
    let (place, cost) = line.split_once(' ')?;
    let is_place = place.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first));
    cost.trim().parse().ok().filter(|_| is_place)
}

fn resolved(names: &mut BTreeMap<String, String>, text: &str) -> String {
    match text.split_once(' ') {
        Some((number, name)) => {
            names.insert(number.to_owned(), name.to_owned());
            name.to_owned()
        }
        None => names.get(text).cloned().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_with_what_they_cost() {
        let profile = "fn=(1) main\n1 5\ncfn=(2) work\ncalls=3 7\n1 300\n\nfn=(2)\n7 300\n\
            fn=(3) other\n+2 4\ncfn=(2)\ncalls=1 7\n* 100\ntotals: 409\n";
        let run = Run::read(profile, 9).expect("a profile");
        assert_eq!(run.instructions, 409);
        assert_eq!(run.function("work"), (4, 400));
        assert_eq!(run.function("nothing"), (0, 0));
        let own = [("main", 5), ("other", 4), ("work", 300)];
        assert_eq!(
            run.own,
            own.map(|(name, cost)| (name.to_owned(), cost)).into()
        );
    }
}
