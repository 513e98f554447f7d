import { IsIn, IsOptional, IsString, Matches } from 'class-validator';
import type { PersonalData } from '../personal-data/personal-data.js';
import { Text } from '../texts.js';
import { countries } from './countries.js';

const COUNTRIES = [...countries];
const COUNTRY = { message: '$property is an ISO 3166-1 alpha-2 code in capitals, such as HK' };

export class ApplicationDto {
  /** As in the passport, in any script. */
  @Text(1, 200) full_name!: string;
  /** YYYY-MM-DD */
  @IsString() @Matches(/^\d{4}-\d{2}-\d{2}$/, { message: 'date_of_birth is a calendar date, YYYY-MM-DD' }) date_of_birth!: string;
  @IsIn(COUNTRIES, COUNTRY) nationality!: string;
  /** Country of residence. */
  @IsIn(COUNTRIES, COUNTRY) residence!: string;
  @IsOptional() @Text(1, 200) occupation?: string;
  @Text(2, 500) source_of_funds!: string;
}

export class SubmitDto {
  /** Answer to a request for information. */
  @IsOptional() @Text(1, 4000) answer?: string;
}

export const personalDataOf = (dto: ApplicationDto): PersonalData => ({
  fullName: dto.full_name,
  dateOfBirth: dto.date_of_birth,
  nationality: dto.nationality,
  residence: dto.residence,
  occupation: dto.occupation ?? null,
  sourceOfFunds: dto.source_of_funds,
});

export const personalDataView = (data: PersonalData) => ({
  full_name: data.fullName,
  date_of_birth: data.dateOfBirth,
  nationality: data.nationality,
  residence: data.residence,
  occupation: data.occupation,
  source_of_funds: data.sourceOfFunds,
});
