use axum::{Json, extract::State};

use crate::{
    caller::SignedInUser,
    edge::Edge,
    problem::{Problem, problems},
    views::policies::Policies,
};

problems!(Refusals: NotSignedIn);

/// Read the policies of every level, and what comes out of them
#[utoipa::path(get, path = "/policies", tag = "policies", operation_id = "read_policies",
    responses((status = 200, body = Policies), Refusals))]
pub(super) async fn read(
    State(edge): State<Edge>,
    SignedInUser(signed_in): SignedInUser,
) -> Result<Json<Policies>, Problem> {
    let view = app::policies::show(edge.app(), &signed_in).await;
    let view = view.map_err(|error| Problem::store(&error))?;
    Ok(Json(Policies::from(&view)))
}
