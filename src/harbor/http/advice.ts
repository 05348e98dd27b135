/** What to check where no connection comes about, by the system's code: the words of the system alone don't say. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOTFOUND: "no such host name is known: check the host in Harbor's url, and the DNS of where this is asked from",
  EAI_AGAIN: 'the DNS gives no answer: check the DNS of where this is asked from',
  ECONNREFUSED: "nothing listens there: check host and port in Harbor's url, and whether Harbor runs",
  EHOSTUNREACH: 'no way leads there: check firewalls and NetworkPolicies',
  ENETUNREACH: 'no way leads there: check firewalls and NetworkPolicies',
  ETIMEDOUT: "no connection in time: check host and port in Harbor's url, firewalls and NetworkPolicies",
  EPROTO: "no TLS there: check whether Harbor's url begins with https:// or http://, and its port",
};

/** The system's words for a connection that failed, and what to check. */
export function withAdvice(code: string, words: string): string {
  const advice = ADVICE[code];
  return advice === undefined ? words : `${words}: ${advice}`;
}
