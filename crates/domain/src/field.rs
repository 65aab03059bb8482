//! What is wrong with which field of a request.

use crate::words::words;

/// One rule that one field breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name in the request.
    pub field: &'static str,
    /// The broken rule.
    pub code: FieldCode,
}

/// The rules that a field can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldCode {
    /// It must not be empty.
    Required,
    /// It has fewer characters than it must.
    TooShort,
    /// It has more characters than it may.
    TooLong,
    /// It does not have the form that it must have.
    Invalid,
}

words!(FieldCode {
    Required = "required",
    TooShort = "too_short",
    TooLong = "too_long",
    Invalid = "invalid",
});

/// Everything that is wrong with a request, so that a person sees it all at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("{}", in_words(.0))]
pub struct FieldErrors(Vec<FieldError>);

fn in_words(errors: &[FieldError]) -> String {
    let words = errors.iter().map(|FieldError { field, code }| {
        let rule = match code {
            FieldCode::Required => "must not be empty",
            FieldCode::TooShort => "is too short",
            FieldCode::TooLong => "is too long",
            FieldCode::Invalid => "does not have the right form",
        };
        format!("{field} {rule}")
    });
    words.collect::<Vec<_>>().join("; ")
}

impl FieldErrors {
    /// The error of a single field.
    pub fn one(field: &'static str, code: FieldCode) -> Self {
        Self(vec![FieldError { field, code }])
    }

    /// Keeps the value, or notes what is wrong with it.
    pub fn check<T>(&mut self, field: &'static str, result: Result<T, FieldCode>) -> Option<T> {
        result
            .map_err(|code| self.0.push(FieldError { field, code }))
            .ok()
    }

    /// The errors in the order in which they were found.
    pub fn as_slice(&self) -> &[FieldError] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_broken_fields_are_reported_together() {
        let mut fields = FieldErrors::default();
        assert_eq!(fields.check("name", Ok("Ana")), Some("Ana"));
        assert_eq!(fields.check::<()>("email", Err(FieldCode::Invalid)), None);
        assert_eq!(
            fields.check::<()>("password", Err(FieldCode::TooShort)),
            None
        );
        let found: Vec<_> = fields
            .as_slice()
            .iter()
            .map(|e| (e.field, e.code.as_str()))
            .collect();
        assert_eq!(found, [("email", "invalid"), ("password", "too_short")]);
        assert_eq!(
            fields.to_string(),
            "email does not have the right form; password is too short"
        );
    }
}
