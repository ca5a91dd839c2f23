/** See test/member/net.ts. */
export * from '../../../member/net.ts';
