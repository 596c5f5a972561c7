import 'reflect-metadata';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsString, IsUUID, MaxLength, Min } from 'class-validator';

/** The request with its rules; decorators are applied by hand because Node runs this file without a compiler. */
export class JobRequest {
  id!: string;
  kind!: string;
  attempt!: number;
  labels!: string[];
  text!: string;
}

const rules: Readonly<Record<keyof JobRequest, PropertyDecorator[]>> = {
  id: [IsUUID()],
  kind: [IsIn(['index', 'scan', 'test'])],
  attempt: [IsInt(), Min(1)],
  labels: [IsArray(), ArrayMaxSize(20), IsString({ each: true })],
  text: [IsString(), MaxLength(100_000)],
};
for (const [property, decorators] of Object.entries(rules))
  for (const decorate of decorators) decorate(JobRequest.prototype, property);

/** Binds a method that takes a `JobRequest`, as decorators with metadata do. */
export function asHandler(controller: { prototype: object }, method: string, bind: MethodDecorator): void {
  const descriptor = Object.getOwnPropertyDescriptor(controller.prototype, method) as PropertyDescriptor;
  Reflect.defineMetadata('design:paramtypes', [JobRequest], controller.prototype, method);
  bind(controller.prototype, method, descriptor);
}
