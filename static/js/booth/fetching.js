// What the portal is asked for, without a key and without a person.

/** An answer of the portal as JSON; the status as `code` of the error otherwise. */
export async function fetched(address, kind) {
  const response = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin", redirect: "error" });
  if (!response.ok) throw Object.assign(new Error(`${response.status} from ${address}`), { status: response.status });
  return response[kind]();
}
