import { z } from 'zod';
import { UsageError } from '../../ports/errors.ts';
import { defineRoute, type RouteGroup } from '../route.ts';
import { keyParams, queryNumber, textId } from '../schemas/common.ts';
import { policy, policyRule, question, questionFilter, reply } from '../schemas/user.ts';

const longestWait = 600_000;

export const userRoutes: RouteGroup = {
  name: 'User',
  description: 'The person who holds the key: answers to what it asks, and rules for what it will ask.',
  routes: [
    defineRoute({
      method: 'get',
      path: '/keys/{id}/questions',
      summary: 'List the questions that wait for an answer, oldest first',
      params: keyParams,
      query: questionFilter,
      response: z.array(question).readonly(),
      errors: [404],
      handle: ({ context, params, query }) => context.host.require(params.id).user.questions(query),
    }),
    defineRoute({
      method: 'get',
      path: '/keys/{id}/questions/next',
      summary: 'Wait for a question',
      description: 'Answers as soon as a question that fits is waiting; `null` when none came in time.',
      params: keyParams,
      query: questionFilter.extend({ timeoutMs: queryNumber(0, longestWait) }),
      response: z.object({ question: question.nullable() }),
      errors: [404],
      handle: async ({ context, params, query, signal }) => {
        const { timeoutMs, ...filter } = query;
        const { user } = context.host.require(params.id);
        return { question: (await user.waitFor(filter, timeoutMs, signal)) ?? null };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/keys/{id}/questions/{questionId}',
      summary: 'Answer a question',
      params: keyParams.extend({ questionId: textId }),
      body: reply,
      errors: [404, 409],
      handle: ({ body, context, params }) => {
        context.host.require(params.id).user.answer(params.questionId, body);
        return undefined;
      },
    }),
    defineRoute({
      method: 'get',
      path: '/keys/{id}/policies',
      summary: 'List the policies in the order in which they are tried: newest first',
      params: keyParams,
      response: z.array(policy).readonly(),
      errors: [404],
      handle: ({ context, params }) => context.host.require(params.id).user.policies(),
    }),
    defineRoute({
      method: 'post',
      path: '/keys/{id}/policies',
      summary: 'Put a policy in force',
      params: keyParams,
      body: policyRule,
      response: policy,
      status: 201,
      errors: [404, 409],
      handle: ({ body, context, params }) => context.host.require(params.id).user.addPolicy(body),
    }),
    defineRoute({
      method: 'delete',
      path: '/keys/{id}/policies',
      summary: 'Remove all policies',
      params: keyParams,
      errors: [404],
      handle: ({ context, params }) => {
        context.host.require(params.id).user.clearPolicies();
        return undefined;
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/keys/{id}/policies/{policyId}',
      summary: 'Remove a policy',
      params: keyParams.extend({ policyId: textId }),
      errors: [404],
      handle: ({ context, params }) => {
        if (!context.host.require(params.id).user.removePolicy(params.policyId))
          throw new UsageError('The key has no policy with this id.', { problem: 'not-found' });
        return undefined;
      },
    }),
  ],
};
