/** `GET /posts/:id/likes` and `GET /posts/top`. */
import type { FastifyInstance } from 'fastify';
import type { PostCount } from '../store/count-store.ts';
import { reasonOf, within } from './circuit.ts';
import type { PostReader } from './post-reader.ts';
import { unreadableProblem } from './problems.ts';
import { countSchema, postSchema, problemSchemas, topAnswerSchema, topSchema } from './schemas.ts';

export interface CountRoutesOptions {
  readonly reader: PostReader;
  readonly readMsMax: number;
  readonly log: (line: string) => void;
}

const MEANINGS = {
  400: 'The request is wrong; the sentence says where.',
  503: 'The counts cannot be read now.',
};

export function addCountRoutes(app: FastifyInstance, options: CountRoutesOptions): void {
  const { reader, readMsMax, log } = options;
  const read = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await within(readMsMax, ask);
    } catch (error) {
      log(`the counts cannot be read: ${reasonOf(error)}`);
      throw unreadableProblem();
    }
  };

  app.get<{ Params: { id: string } }>('/posts/:id/likes', {
    schema: {
      summary: 'The count of a post, its age and what may be missing',
      tags: ['counts'],
      params: postSchema,
      response: { 200: countSchema, ...problemSchemas(MEANINGS) },
    },
    handler: async ({ params }) => {
      const found = await read(() => reader.countOf(params.id));
      const { ageMs, missingAtMost } = found;
      return { ...shown(found), ageMs, missingAtMost };
    },
  });

  app.get<{ Querystring: { limit: number } }>('/posts/top', {
    schema: {
      summary: 'The most liked posts',
      tags: ['counts'],
      querystring: topSchema,
      response: { 200: topAnswerSchema, ...problemSchemas(MEANINGS) },
    },
    // In a query all is text; elsewhere a number that comes as text is a mistake.
    preValidation: async ({ query }) => {
      const { limit } = query as { limit: unknown };
      if (typeof limit === 'string' && /^\d{1,9}$/.test(limit)) query.limit = Number(limit);
    },
    handler: async ({ query }) => {
      const { posts, ageMs, missingAtMost } = await read(() => reader.topPosts(query.limit));
      return { posts: posts.map(shown), ageMs, missingAtMost };
    },
  });
}

function shown({ post, likes, unlikes }: PostCount) {
  return { post, count: likes - unlikes, likes, unlikes };
}
