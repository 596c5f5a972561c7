import { IsOptional, IsString, MaxLength } from 'class-validator';

/** What an operator says besides what shall be done: who, and why. Also the body of a REST path that needs nothing else. */
export class ByOperator {
  /** Who says so; the gateway fills in `api` or `console` when it is absent. Approvers are known by it. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  by?: string;

  /** For the record, and for those who look at it later. */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason?: string;
}
