use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};

use super::{HashingCost, SALT_BYTES};

/// One thread's argon2id, with the memory that it works in.
pub(super) struct Hasher {
    params: Params,
    /// Made for the first password, and kept.
    memory: Vec<Block>,
}

impl Hasher {
    pub(super) fn new(cost: HashingCost) -> Self {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None)
            .expect("the cost of hashing is within argon2's bounds");
        Self {
            params,
            memory: Vec::new(),
        }
    }

    /// The PHC string of a password.
    pub(super) fn hash(&mut self, password: &str, salt: [u8; SALT_BYTES]) -> String {
        let params = self.params.clone();
        let why = "argon2 takes any password and a salt of this length";
        let written = ParamsString::try_from(&params).expect(why);
        let output = self
            .output(VERSION, params, password, &salt, Params::DEFAULT_OUTPUT_LEN)
            .expect(why);
        let phc = PasswordHash {
            algorithm: ALGORITHM.ident(),
            version: Some(VERSION.into()),
            params: written,
            salt: Some(Salt::new(&salt).expect(why)),
            hash: Some(output),
        };
        phc.to_string()
    }

    /// Whether a PHC string was made of this password, at whatever cost it was made.
    pub(super) fn is_match(&mut self, password: &str, phc: &str) -> bool {
        self.compare(password, phc).unwrap_or(false)
    }

    fn compare(&mut self, password: &str, phc: &str) -> Option<bool> {
        let phc = PasswordHash::new(phc).ok()?;
        let (salt, expected) = (phc.salt?, phc.hash?);
        if phc.algorithm != ALGORITHM.ident() {
            return None;
        }
        let version = Version::try_from(phc.version?).ok()?;
        let params = Params::try_from(&phc).ok()?;
        let found = self.output(version, params, password, &salt, expected.len())?;
        // Takes the same time wherever they differ.
        Some(found == expected)
    }

    fn output(
        &mut self,
        version: Version,
        params: Params,
        password: &str,
        salt: &[u8],
        length: usize,
    ) -> Option<Output> {
        let needed = params.block_count();
        if self.memory.len() < needed {
            self.memory.resize(needed, Block::new());
        }
        let argon2 = Argon2::new(ALGORITHM, version, params);
        let mut bytes = [0; Output::MAX_LENGTH];
        let bytes = bytes.get_mut(..length)?;
        let memory = &mut self.memory[..needed];
        argon2
            .hash_password_into_with_memory(password.as_bytes(), salt, bytes, memory)
            .ok()?;
        Output::new(bytes).ok()
    }

    #[cfg(test)]
    pub(super) fn memory_address(&self) -> usize {
        self.memory.as_ptr().addr()
    }
}

const ALGORITHM: Algorithm = Algorithm::Argon2id;
const VERSION: Version = Version::V0x13;
