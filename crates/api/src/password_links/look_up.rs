use app::password_links::LookUpError;
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    edge::Edge,
    extract::JsonBody,
    problem::{Kind, Problem, problems},
};

/// The token of a password link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordLinkToken {
    token: String,
}

/// Whose password the link sets.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PasswordLinkOwner {
    name: String,
    email: String,
    organisation_name: String,
}

problems!(Refusals: InvalidJson, InvalidInput, BodyTooLarge, CrossOriginRefused, LinkExpired);

/// Say whose password a link sets
#[utoipa::path(post, path = "/password-links/look-ups", tag = "password-links", operation_id = "look_up_password_link",
    request_body = PasswordLinkToken, responses((status = 200, body = PasswordLinkOwner), Refusals))]
pub(super) async fn look_up(
    State(edge): State<Edge>,
    JsonBody(link): JsonBody<PasswordLinkToken>,
) -> Result<Json<PasswordLinkOwner>, Problem> {
    let user = app::password_links::look_up(edge.app(), &link.token).await?;
    Ok(Json(PasswordLinkOwner {
        name: user.name.as_str().to_owned(),
        email: user.email.as_str().to_owned(),
        organisation_name: user.organisation_name.as_str().to_owned(),
    }))
}

impl From<LookUpError> for Problem {
    fn from(error: LookUpError) -> Self {
        match error {
            LookUpError::Expired => Kind::LinkExpired.into(),
            LookUpError::Store(error) => Self::store(&error),
        }
    }
}
