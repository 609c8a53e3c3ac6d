import type { CredentialAnswer } from '../../contract/admin/providers.ts'
import type { StoredCredential } from '../../store/ports.ts'
import { instantJson } from './page-json.ts'

/** Never the secret, not even sealed. */
export function credentialJson(credential: StoredCredential): CredentialAnswer {
  return {
    provider: credential.provider,
    name: credential.name,
    has_api_key: credential.sealedApiKey !== null,
    api_key_hint: credential.hint,
    base_url: credential.baseUrl,
    updated_at: instantJson(credential.updatedAt),
    updated_by: credential.updatedBy,
  }
}
