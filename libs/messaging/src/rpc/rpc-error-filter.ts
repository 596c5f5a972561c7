import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';

/**
 * Hands what no other filter caught to the server as it is. Without it Nest replaces every error that is not an `RpcException`
 * by "Internal server error", and a code would be lost. `attachRpcServer` registers it; filters of an app come before it.
 */
@Catch()
export class RpcErrorFilter implements RpcExceptionFilter<unknown> {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
