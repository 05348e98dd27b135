/** A name and a password; in Harbor's words, since that is what an endpoint logs in upstream with. */
export interface Credentials {
  readonly accessKey: string;
  readonly accessSecret: string;
}
