/** Mistakes in requests, each in one sentence: what was wrong, what it held, what is allowed. */
import type { FastifyError, FastifySchemaValidationError } from 'fastify';
import { HTTP_LIMITS } from './limits.ts';
import { insideProblem, Problem } from './problems.ts';
import { ALLOWED, LIKE_FIELDS } from './schemas.ts';

/** How much of what a field held is shown. */
const EXCERPT_CHARACTERS = 60;

/** Called by fastify with what the schema has found; the first mistake is told. */
export function schemaProblem(errors: FastifySchemaValidationError[], part: string): Problem {
  const [first] = errors;
  if (first === undefined) return insideProblem();
  const { keyword, instancePath, params } = first;
  const held = 'data' in first ? first.data : undefined;
  const found = (field: string, value: unknown) => {
    const shown = value === undefined ? 'nothing' : excerpt(value);
    return `${nameOf(part, field)} holds ${shown}; allowed is ${ALLOWED[field] ?? 'another value'}`;
  };
  if (keyword === 'additionalProperties') {
    const name = excerpt(params.additionalProperty);
    const known = part === 'body' ? LIKE_FIELDS : ['limit'];
    return wrong(
      `${part === 'body' ? 'field' : 'parameter'} ${name} is unknown; known is ${listOf(known)}`,
    );
  }
  if (keyword === 'required') return wrong(found(String(params.missingProperty), undefined));
  const field = instancePath.replace(/^\//, '');
  if (field === '') return wrong(`the body holds ${excerpt(held)}; allowed is a JSON object`);
  return wrong(found(field, held));
}

function wrong(detail: string): Problem {
  return new Problem(400, 'REQUEST_WRONG', detail);
}

function nameOf(part: string, field: string): string {
  if (part === 'headers') return 'header "Idempotency-Key"';
  if (part === 'params') return 'the post in the path';
  return `${part === 'querystring' ? 'parameter' : 'field'} "${field}"`;
}

function listOf(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

function excerpt(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  const whole = text.toWellFormed();
  if (whole.length <= EXCERPT_CHARACTERS) return whole;
  return `${whole.slice(0, EXCERPT_CHARACTERS).toWellFormed()}… (${whole.length} characters)`;
}

/** Mistakes that fastify finds by itself, by the code of its error. */
const FOUND_BY_FASTIFY: Readonly<Record<string, readonly [number, string, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    415,
    'TYPE_UNKNOWN',
    'header "Content-Type" has to be application/json for a like',
  ],
  FST_ERR_CTP_BODY_TOO_LARGE: [
    413,
    'BODY_TOO_LARGE',
    `the body is too large; allowed are ${HTTP_LIMITS.bodyBytesMax} bytes`,
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, 'BODY_EMPTY', 'the body is empty; allowed is a JSON object'],
  FST_ERR_CTP_INVALID_JSON_BODY: [400, 'BODY_NOT_JSON', 'the body is not JSON'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    400,
    'LENGTH_WRONG',
    'header "Content-Length" is not the length of the body',
  ],
  FST_ERR_BAD_URL: [
    400,
    'PATH_WRONG',
    'the path holds a "%" that no two hexadecimal digits follow',
  ],
  FST_ERR_MAX_PARAM_LENGTH: [
    414,
    'PATH_TOO_LONG',
    `a part of the path is longer than ${HTTP_LIMITS.pathPartCharactersMax} characters`,
  ],
};

/** The answer to any error: what a client did wrong, else nothing but that it is ours. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code = '', statusCode = 500, validation } = error as Partial<FastifyError>;
  if (validation !== undefined) return schemaProblem(validation, 'body');
  const known = FOUND_BY_FASTIFY[code];
  if (known !== undefined) return new Problem(...known);
  if (statusCode >= 400 && statusCode < 500) {
    return new Problem(statusCode, 'REQUEST_WRONG', 'the request cannot be read');
  }
  return insideProblem();
}

/** What Node's parser refuses, by the code of its error, before fastify has seen a request. */
export function connectionProblem(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const detail = `the headers are too large; allowed are ${HTTP_LIMITS.headerBytesMax} bytes`;
    return new Problem(431, 'HEADERS_TOO_LARGE', detail);
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const detail = `the request did not arrive within ${HTTP_LIMITS.requestMsMax / 1_000} s`;
    return new Problem(408, 'REQUEST_LATE', detail);
  }
  return new Problem(400, 'NOT_HTTP', 'the request is not HTTP/1.1');
}
