//! Copies a protobuf message field by field, so that fields which are not known here stay as they
//! are: newer clients write them for each other.
//!
//! Works on the encoding alone (protobuf's "Message Structure"); whether the bytes are the message
//! that they should be is checked before.

use prost::{
    DecodeError,
    // Hidden from the documentation, but what every message's own code is made of.
    encoding::{
        DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, skip_field,
    },
};

/// One field as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    pub(crate) tag: u32,
    /// With its tag.
    pub(crate) bytes: &'a [u8],
    /// What is inside, if it has a length: text, bytes or a message.
    pub(crate) content: Option<&'a [u8]>,
}

/// The fields of a message, in their order.
pub(crate) fn fields(message: &[u8]) -> impl Iterator<Item = Result<Field<'_>, DecodeError>> {
    let mut rest = message;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let field = first(&mut rest);
        if field.is_err() {
            rest = &[];
        }
        Some(field)
    })
}

/// Writes a field that has a length. What is empty is the default and is not written.
pub(crate) fn write(tag: u32, content: &[u8], message: &mut Vec<u8>) {
    if content.is_empty() {
        return;
    }
    encode_key(tag, WireType::LengthDelimited, message);
    encode_varint(content.len() as u64, message);
    message.extend_from_slice(content);
}

fn first<'a>(rest: &mut &'a [u8]) -> Result<Field<'a>, DecodeError> {
    let whole = *rest;
    let (tag, wire_type) = decode_key(rest)?;
    let mut value = *rest;
    skip_field(wire_type, tag, rest, DecodeContext::default())?;
    let content = if wire_type == WireType::LengthDelimited {
        decode_varint(&mut value)?;
        Some(&value[..value.len() - rest.len()])
    } else {
        None
    };
    Ok(Field {
        tag,
        bytes: &whole[..whole.len() - rest.len()],
        content,
    })
}
