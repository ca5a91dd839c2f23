/** Headers of everything the console serves. */
import { contentSecurityPolicy, securityHeadersFor } from '../headers.ts';

export const CONTENT_SECURITY_POLICY = contentSecurityPolicy("'self'");
export const securityHeaders = securityHeadersFor("'self'");
