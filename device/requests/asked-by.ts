// Who asks for a copy that is none of the kiosk's own procedures.

/** The session that the copy is made for. */
export interface AskedBy {
  readonly id: string
  /** As `api.clients` names it. */
  readonly client: string
  /** Who has it made, as the client said. */
  readonly user: string
  /** Where the person goes on afterwards. */
  readonly redirectUrl?: string
}
