/** What an error says; of one that says nothing, what it is. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return `something was thrown that is not an error: ${JSON.stringify(error) ?? String(error)}`;
  const { message, name } = error;
  const [cause] = error instanceof AggregateError ? error.errors : [error.cause];
  if (message.trim() !== '') return message;
  return cause instanceof Error ? messageOf(cause) : `${name} without a message (WGRAD_DEBUG=1 shows where)`;
}
