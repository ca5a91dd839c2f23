/** Imported before everything else: zod must not probe for `new Function`, which the content policy refuses. */
import { z } from 'zod';

z.config({ jitless: true });
