use app::password_links::CreateError;
use axum::{Json, extract::State, http::StatusCode};
use domain::UserId;

use crate::{
    caller::SignedInUser,
    edge::Edge,
    extract::PathId,
    problem::{Kind, Problem, problems},
    views::PasswordLink,
};

problems!(Refusals: NotSignedIn, Forbidden, CrossOriginRefused, NotFound, UserDeactivated);

/// Make a one-time link with which a user sets a new password; earlier links stop working
#[utoipa::path(post, path = "/users/{id}/password-links", tag = "users", operation_id = "add_password_link",
    params(("id" = String, Path)), responses((status = 201, body = PasswordLink), Refusals))]
pub(super) async fn add_password_link(
    State(edge): State<Edge>,
    SignedInUser(signed_in): SignedInUser,
    PathId(user): PathId<UserId>,
) -> Result<(StatusCode, Json<PasswordLink>), Problem> {
    let link = app::password_links::create(edge.app(), &signed_in, user).await?;
    let link = PasswordLink::new(&link, edge.links());
    Ok((StatusCode::CREATED, Json(link)))
}

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::NotAllowed => Kind::Forbidden.into(),
            CreateError::NotFound => Kind::NotFound.into(),
            CreateError::Deactivated => Kind::UserDeactivated.into(),
            CreateError::Store(error) => Self::store(&error),
        }
    }
}
