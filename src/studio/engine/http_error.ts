/** A refusal, or another answer that is no success: its status, as HTTP has them, and what the person is told. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
