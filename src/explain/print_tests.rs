//! How expressions print as resolved, against what a server printed for them in an ORDER BY (spec 08 §13). Implicit casts and
//! subquery predicates get their form only later.

use super::{PrintContext, expression};
use crate::catalog::bundle::{Files, load_files};
use crate::context::Context;
use crate::error::InputError;
use std::borrow::Cow;
use std::cell::RefCell;
use std::path::PathBuf;

const SCHEMA: &str = "CREATE DATABASE `spec_08`;
USE `spec_08`;

CREATE TABLE `ty` (
  `i` int DEFAULT NULL,
  `u` int unsigned DEFAULT NULL,
  `bi` bigint DEFAULT NULL,
  `d` decimal(8,3) DEFAULT NULL,
  `f` double DEFAULT NULL,
  `s` varchar(20) DEFAULT NULL,
  `sb` varbinary(20) DEFAULT NULL,
  `sl` varchar(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT NULL,
  `dt` datetime DEFAULT NULL,
  `da` date DEFAULT NULL,
  `ti` time DEFAULT NULL,
  `ts` timestamp NULL DEFAULT NULL,
  `y` year DEFAULT NULL,
  `en` enum('a','b') DEFAULT NULL,
  `st` set('a','b') DEFAULT NULL,
  `bt` bit(8) DEFAULT NULL,
  `j` json DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `nn` (
  `a` int DEFAULT NULL,
  `b` int DEFAULT NULL,
  KEY `a` (`a`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE DEFINER=`root`@`localhost` FUNCTION `f1`(p INT) RETURNS int
    DETERMINISTIC
RETURN p;
";

/// What is written, and what prints.
#[rustfmt::skip]
const PRINTS: &[(&str, &str)] = &[
    (r#"i+1"#, r#"(ty.i + 1)"#),
    (r#"- - i"#, r#"-(-(ty.i))"#),
    (r#"i-u*2/3"#, r#"(ty.i - ((ty.u * 2) / 3))"#),
    (r#"i div 2"#, r#"(ty.i DIV 2)"#),
    (r#"i mod 2"#, r#"(ty.i % 2)"#),
    (r#"~i"#, r#"~(ty.i)"#),
    (r#"i<<2"#, r#"(ty.i << 2)"#),
    (r#"!i"#, r#"(0 = ty.i)"#),
    (r#"i and u"#, r#"((0 <> ty.i) and (0 <> ty.u))"#),
    (r#"i xor u"#, r#"((0 <> ty.i) xor (0 <> ty.u))"#),
    (r#"i<>1"#, r#"(ty.i <> 1)"#),
    (r#"i<=>1"#, r#"(ty.i <=> 1)"#),
    (r#"i is true"#, r#"((0 <> ty.i) is true)"#),
    (r#"i is unknown"#, r#"(ty.i is null)"#),
    (r#"not (i>1 or u is null)"#, r#"((ty.i <= 1) and (ty.u is not null))"#),
    (r#"not (i and u)"#, r#"((0 = ty.i) or (0 = ty.u))"#),
    (r#"i not between 1 and 2"#, r#"(ty.i not between 1 and 2)"#),
    (r#"i in (1)"#, r#"(ty.i = 1)"#),
    (r#"i not in (1,2)"#, r#"(ty.i not in (1,2))"#),
    (r#"(i,u) in ((1,2),(3,4))"#, r#"((ty.i,ty.u) in ((1,2),(3,4)))"#),
    (r#"(i,u)=(1,2)"#, r#"((ty.i = 1) and (ty.u = 2))"#),
    (r#"row(i,u)>(1,2)"#, r#"((ty.i,ty.u) > (1,2))"#),
    (r#"s not like 'a%'"#, r#"(not((ty.s like 'a%')))"#),
    (r#"s like 'a|%' escape '|'"#, r#"(ty.s like 'a|%' escape '|')"#),
    (r#"s not regexp 'a'"#, r#"(not(regexp_like(ty.s,'a')))"#),
    (r#"case i when 1 then 'a' when 2 then 'b' else 'c' end"#, r#"(case ty.i when 1 then 'a' when 2 then 'b' else 'c' end)"#),
    (r#"case when i>1 then 2 end"#, r#"(case when (ty.i > 1) then 2 end)"#),
    (r#"if(i>1,'x','y')"#, r#"if((ty.i > 1),'x','y')"#),
    (r#"isnull(i)"#, r#"(ty.i is null)"#),
    (r#"interval(i,1,10,100)"#, r#"interval(ty.i,1,10,100)"#),
    (r#"s || u"#, r#"((0 <> ty.s) or (0 <> ty.u))"#),
    (r#"substring(s from 2 for 3)"#, r#"substr(ty.s,2,3)"#),
    (r#"trim(both 'x' from s)"#, r#"trim(both 'x' from ty.s)"#),
    (r#"trim(trailing from s)"#, r#"trim(trailing ty.s)"#),
    (r#"position('a' in s)"#, r#"locate('a',ty.s)"#),
    (r#"instr(s,'a')"#, r#"locate('a',ty.s)"#),
    (r#"char(65,i)"#, r#"char(65,ty.i)"#),
    (r#"format(d,2,'de_DE')"#, r#"format(ty.d,2,'de_DE')"#),
    (r#"sha1(s)"#, r#"sha(ty.s)"#),
    (r#"s sounds like 'abc'"#, r#"(soundex(ty.s) = soundex('abc'))"#),
    (r#"s collate utf8mb4_bin"#, r#"(ty.s collate utf8mb4_bin)"#),
    (r#"convert(s using latin1)"#, r#"convert(ty.s using latin1)"#),
    (r#"cast(s as char(5))"#, r#"cast(ty.s as char(5) charset utf8mb4)"#),
    (r#"cast(s as char charset latin1)"#, r#"cast(ty.s as char charset latin1)"#),
    (r#"cast(s as binary(3))"#, r#"cast(ty.s as char(3) charset binary)"#),
    (r#"cast(s as decimal)"#, r#"cast(ty.s as decimal(10,0))"#),
    (r#"cast(s as datetime(3))"#, r#"cast(ty.s as datetime(3))"#),
    (r#"cast(s as year)"#, r#"cast_as_year(ty.s)"#),
    (r#"cast(s as real)"#, r#"cast(ty.s as double)"#),
    (r#"cast(i as nchar(3))"#, r#"cast(ty.i as char(3) charset utf8mb3)"#),
    (r#"ceil(d)"#, r#"ceiling(ty.d)"#),
    (r#"round(d)"#, r#"round(ty.d,0)"#),
    (r#"power(i,2)"#, r#"pow(ty.i,2)"#),
    (r#"mod(i,3)"#, r#"(ty.i % 3)"#),
    (r#"atan2(i,u)"#, r#"atan(ty.i,ty.u)"#),
    (r#"bin(i)"#, r#"conv(ty.i,10,2)"#),
    (r#"dt - interval 1 month"#, r#"(ty.dt - interval 1 month)"#),
    (r#"date_add(dt, interval '1:30' minute_second)"#, r#"(ty.dt + interval '1:30' minute_second)"#),
    (r#"adddate(dt,5)"#, r#"(ty.dt + interval 5 day)"#),
    (r#"timestamp(dt)"#, r#"cast(ty.dt as datetime)"#),
    (r#"timestamp(dt,'1:00')"#, r#"timestamp(ty.dt,'1:00')"#),
    (r#"timestampdiff(day,dt,da)"#, r#"timestampdiff(DAY,ty.dt,ty.da)"#),
    (r#"datediff(dt,da)"#, r#"(to_days(ty.dt) - to_days(ty.da))"#),
    (r#"date(dt)"#, r#"cast(ty.dt as date)"#),
    (r#"day(dt)"#, r#"dayofmonth(ty.dt)"#),
    (r#"week(dt)"#, r#"week(ty.dt,0)"#),
    (r#"weekofyear(dt)"#, r#"week(ty.dt,3)"#),
    (r#"extract(day_minute from dt)"#, r#"extract(day_minute from ty.dt)"#),
    (r#"from_unixtime(i,'%Y')"#, r#"date_format(from_unixtime(ty.i),'%Y')"#),
    (r#"dt > now(3)"#, r#"(ty.dt > now(3))"#),
    (r#"da = current_date"#, r#"(ty.da = curdate())"#),
    (r#"dt > sysdate()"#, r#"(ty.dt > sysdate())"#),
    (r#"da > '2020-01-01'"#, r#"(ty.da > '2020-01-01')"#),
    (r#"dt > '2020-01-01 10:00:00.5'"#, r#"(ty.dt > '2020-01-01 10:00:00.5')"#),
    (r#"ti > '10:00'"#, r#"(ty.ti > '10:00:00')"#),
    (r#"ts > '2020-01-01'"#, r#"(ty.ts > '2020-01-01')"#),
    (r#"i > 1.5"#, r#"(ty.i > 1.5)"#),
    (r#"i > '5'"#, r#"(ty.i > '5')"#),
    (r#"d > 1"#, r#"(ty.d > 1)"#),
    (r#"f > 1.5e-10"#, r#"(ty.f > 1.5e-10)"#),
    (r#"s = 'it''s'"#, r#"(ty.s = 'it\'s')"#),
    (r#"s = "dq\"x""#, r#"(ty.s = 'dq"x')"#),
    (r#"s = 'new\nline'"#, r#"(ty.s = 'new\nline')"#),
    (r#"s = N'abc'"#, r#"(ty.s = 'abc')"#),
    (r#"s = _utf8mb4'abc'"#, r#"(ty.s = _utf8mb4'abc')"#),
    (r#"s = b'101'"#, r#"(ty.s = 0x05)"#),
    (r#"i = 0x10"#, r#"(ty.i = 0x10)"#),
    (r#"s = null"#, r#"(ty.s = NULL)"#),
    (r#"i = true"#, r#"(ty.i = true)"#),
    (r#"s in ('a',null)"#, r#"(ty.s in ('a',NULL))"#),
    (r#"da between '2020-01-01' and '2020-12-31'"#, r#"(ty.da between '2020-01-01' and '2020-12-31')"#),
    (r#"j->'$.a'"#, r#"json_extract(ty.j,'$.a')"#),
    (r#"j->>'$.a'"#, r#"json_unquote(json_extract(ty.j,'$.a'))"#),
    (r#"json_value(j,'$.a')"#, r#"json_value(ty.j, '$.a' returning char(512))"#),
    (r#"json_value(j,'$.a' returning decimal(5,2) default '1' on empty)"#, r#"json_value(ty.j, '$.a' returning decimal(5, 2) default '1' on empty)"#),
    (r#"1 member of (j->'$.a')"#, r#"1 member of (json_extract(ty.j,'$.a'))"#),
    (r#"j = cast('1' as json)"#, r#"(ty.j = cast('1' as json))"#),
    (r#"@v := i"#, r#"(@v:=ty.i)"#),
    (r#"@v + i"#, r#"((@v) + ty.i)"#),
    (r#"f1(i)"#, r#"f1(ty.i)"#),
    (r#"spec_08.f1(i) = 2"#, r#"(spec_08.f1(ty.i) = 2)"#),
    (r#"s between i and u"#, r#"(ty.s between ty.i and ty.u)"#),
    (r#"i = -5"#, r#"(ty.i = -(5))"#),
    (r#"i > 5-3"#, r#"(ty.i > (5 - 3))"#),
    (r#"i - -5"#, r#"(ty.i - -(5))"#),
    (r#"-(i+u)"#, r#"-((ty.i + ty.u))"#),
    (r#"i = 1 and i = u"#, r#"((ty.i = 1) and (ty.i = ty.u))"#),
    (r#"i = u and u = 5"#, r#"((ty.i = ty.u) and (ty.u = 5))"#),
    (r#"f = 100000000000000000000"#, r#"(ty.f = 100000000000000000000)"#),
    (r#"i = 0.1e1"#, r#"(ty.i = 0.1e1)"#),
    (r#"dt >= '2020-01-01' and dt < '2020-01-01' + interval 1 month"#, r#"((ty.dt >= '2020-01-01') and (ty.dt < ('2020-01-01' + interval 1 month)))"#),
    (r#"`i` > 5 and (u = 3 or s = 'x') and not (d between 1 and 2)"#, r#"((ty.i > 5) and ((ty.u = 3) or (ty.s = 'x')) and (ty.d not between 1 and 2))"#),
    (r#"isnull(i) = 0"#, r#"((ty.i is null) = 0)"#),
    (r#"exists(select 1 from nn where a=i)"#, r#"exists(select #2)"#),
    (r#"(select a from nn where nn.b=ty.i limit 1)"#, r#"(select #2)"#),
];

/// Conditions, and what prints in a Filter.
#[rustfmt::skip]
const CONDITIONS: &[(&str, &str)] = &[
    (r#"i+1"#, r#"(ty.i + 1)"#),
    (r#"- - i"#, r#"-(-(ty.i))"#),
    (r#"i-u*2/3"#, r#"(ty.i - ((ty.u * 2) / 3))"#),
    (r#"i div 2"#, r#"(ty.i DIV 2)"#),
    (r#"i mod 2"#, r#"(ty.i % 2)"#),
    (r#"~i"#, r#"~(ty.i)"#),
    (r#"i<<2"#, r#"(ty.i << 2)"#),
    (r#"!i"#, r#"(ty.i = 0)"#),
    (r#"i and u"#, r#"((0 <> ty.i) and (0 <> ty.u))"#),
    (r#"i xor u"#, r#"((0 <> ty.i) xor (0 <> ty.u))"#),
    (r#"i<>1"#, r#"(ty.i <> 1)"#),
    (r#"i<=>1"#, r#"(ty.i <=> 1)"#),
    (r#"i is true"#, r#"((0 <> ty.i) is true)"#),
    (r#"i is unknown"#, r#"(ty.i is null)"#),
    (r#"not (i>1 or u is null)"#, r#"((ty.i <= 1) and (ty.u is not null))"#),
    (r#"not (i and u)"#, r#"((ty.i = 0) or (ty.u = 0))"#),
    (r#"i not between 1 and 2"#, r#"(ty.i not between 1 and 2)"#),
    (r#"i in (1)"#, r#"(ty.i = 1)"#),
    (r#"i not in (1,2)"#, r#"(ty.i not in (1,2))"#),
    (r#"(i,u) in ((1,2),(3,4))"#, r#"((ty.i,ty.u) in ((1,2),(3,4)))"#),
    (r#"(i,u)=(1,2)"#, r#"((ty.u = 2) and (ty.i = 1))"#),
    (r#"row(i,u)>(1,2)"#, r#"((ty.i,ty.u) > (1,2))"#),
    (r#"s not like 'a%'"#, r#"(not((ty.s like 'a%')))"#),
    (r#"s like 'a|%' escape '|'"#, r#"(ty.s like 'a|%' escape '|')"#),
    (r#"s not regexp 'a'"#, r#"(not(regexp_like(ty.s,'a')))"#),
    (r#"case i when 1 then 'a' when 2 then 'b' else 'c' end"#, r#"(case ty.i when 1 then 'a' when 2 then 'b' else 'c' end)"#),
    (r#"case when i>1 then 2 end"#, r#"(case when (ty.i > 1) then 2 end)"#),
    (r#"if(i>1,'x','y')"#, r#"if((ty.i > 1),'x','y')"#),
    (r#"isnull(i)"#, r#"(ty.i is null)"#),
    (r#"interval(i,1,10,100)"#, r#"interval(ty.i,1,10,100)"#),
    (r#"s || u"#, r#"((0 <> ty.s) or (0 <> ty.u))"#),
    (r#"substring(s from 2 for 3)"#, r#"substr(ty.s,2,3)"#),
    (r#"trim(both 'x' from s)"#, r#"trim(both 'x' from ty.s)"#),
    (r#"trim(trailing from s)"#, r#"trim(trailing ty.s)"#),
    (r#"position('a' in s)"#, r#"locate('a',ty.s)"#),
    (r#"instr(s,'a')"#, r#"locate('a',ty.s)"#),
    (r#"char(65,i)"#, r#"char(65,ty.i)"#),
    (r#"format(d,2,'de_DE')"#, r#"format(ty.d,2,'de_DE')"#),
    (r#"sha1(s)"#, r#"sha(ty.s)"#),
    (r#"s sounds like 'abc'"#, r#"(soundex(ty.s) = <cache>(soundex('abc')))"#),
    (r#"s collate utf8mb4_bin"#, r#"(ty.s collate utf8mb4_bin)"#),
    (r#"convert(s using latin1)"#, r#"convert(ty.s using latin1)"#),
    (r#"cast(s as char(5))"#, r#"cast(ty.s as char(5) charset utf8mb4)"#),
    (r#"cast(s as char charset latin1)"#, r#"cast(ty.s as char charset latin1)"#),
    (r#"cast(s as binary(3))"#, r#"cast(ty.s as char(3) charset binary)"#),
    (r#"cast(s as decimal)"#, r#"cast(ty.s as decimal(10,0))"#),
    (r#"cast(s as datetime(3))"#, r#"cast(ty.s as datetime(3))"#),
    (r#"cast(s as year)"#, r#"cast_as_year(ty.s)"#),
    (r#"cast(s as real)"#, r#"cast(ty.s as double)"#),
    (r#"cast(i as nchar(3))"#, r#"cast(ty.i as char(3) charset utf8mb3)"#),
    (r#"ceil(d)"#, r#"ceiling(ty.d)"#),
    (r#"round(d)"#, r#"round(ty.d,0)"#),
    (r#"power(i,2)"#, r#"pow(ty.i,2)"#),
    (r#"mod(i,3)"#, r#"(ty.i % 3)"#),
    (r#"atan2(i,u)"#, r#"atan(ty.i,ty.u)"#),
    (r#"bin(i)"#, r#"conv(ty.i,10,2)"#),
    (r#"dt - interval 1 month"#, r#"(ty.dt - interval 1 month)"#),
    (r#"date_add(dt, interval '1:30' minute_second)"#, r#"(ty.dt + interval '1:30' minute_second)"#),
    (r#"adddate(dt,5)"#, r#"(ty.dt + interval 5 day)"#),
    (r#"timestamp(dt)"#, r#"cast(ty.dt as datetime)"#),
    (r#"timestamp(dt,'1:00')"#, r#"timestamp(ty.dt,'1:00')"#),
    (r#"timestampdiff(day,dt,da)"#, r#"timestampdiff(DAY,ty.dt,ty.da)"#),
    (r#"datediff(dt,da)"#, r#"(to_days(ty.dt) - to_days(ty.da))"#),
    (r#"date(dt)"#, r#"cast(ty.dt as date)"#),
    (r#"day(dt)"#, r#"dayofmonth(ty.dt)"#),
    (r#"week(dt)"#, r#"week(ty.dt,0)"#),
    (r#"weekofyear(dt)"#, r#"week(ty.dt,3)"#),
    (r#"extract(day_minute from dt)"#, r#"extract(day_minute from ty.dt)"#),
    (r#"from_unixtime(i,'%Y')"#, r#"date_format(from_unixtime(ty.i),'%Y')"#),
    (r#"dt > now(3)"#, r#"(ty.dt > <cache>(now(3)))"#),
    (r#"da = current_date"#, r#"(ty.da = <cache>(curdate()))"#),
    (r#"dt > sysdate()"#, r#"(ty.dt > sysdate())"#),
    (r#"da > '2020-01-01'"#, r#"(ty.da > DATE'2020-01-01')"#),
    (r#"dt > '2020-01-01 10:00:00.5'"#, r#"(ty.dt > TIMESTAMP'2020-01-01 10:00:00.5')"#),
    (r#"ti > '10:00'"#, r#"(ty.ti > TIME'10:00:00')"#),
    (r#"ts > '2020-01-01'"#, r#"(ty.ts > TIMESTAMP'2020-01-01 00:00:00')"#),
    (r#"i > 1.5"#, r#"(ty.i > 1)"#),
    (r#"i > '5'"#, r#"(ty.i > 5)"#),
    (r#"d > 1"#, r#"(ty.d > 1.000)"#),
    (r#"f > 1.5e-10"#, r#"(ty.f > 1.5e-10)"#),
    (r#"s = 'it''s'"#, r#"(ty.s = 'it\'s')"#),
    (r#"s = "dq\"x""#, r#"(ty.s = 'dq"x')"#),
    (r#"s = 'new\nline'"#, r#"(ty.s = 'new\nline')"#),
    (r#"s = N'abc'"#, r#"(ty.s = 'abc')"#),
    (r#"s = _utf8mb4'abc'"#, r#"(ty.s = _utf8mb4'abc')"#),
    (r#"s = b'101'"#, r#"(ty.s = 0x05)"#),
    (r#"i = 0x10"#, r#"(ty.i = 0x10)"#),
    (r#"s = null"#, r#"(ty.s = NULL)"#),
    (r#"i = true"#, r#"(ty.i = true)"#),
    (r#"s in ('a',null)"#, r#"(ty.s in ('a',NULL))"#),
    (r#"da between '2020-01-01' and '2020-12-31'"#, r#"(ty.da between '2020-01-01' and '2020-12-31')"#),
    (r#"j->'$.a'"#, r#"json_extract(ty.j,'$.a')"#),
    (r#"j->>'$.a'"#, r#"json_unquote(json_extract(ty.j,'$.a'))"#),
    (r#"json_value(j,'$.a')"#, r#"json_value(ty.j, '$.a' returning char(512))"#),
    (r#"json_value(j,'$.a' returning decimal(5,2) default '1' on empty)"#, r#"json_value(ty.j, '$.a' returning decimal(5, 2) default '1' on empty)"#),
    (r#"1 member of (j->'$.a')"#, r#"<cache>(1) member of (json_extract(ty.j,'$.a'))"#),
    (r#"j = cast('1' as json)"#, r#"(ty.j = <cache>(cast('1' as json)))"#),
    (r#"@v := i"#, r#"(@v:=ty.i)"#),
    (r#"@v + i"#, r#"(0 <> (<cache>((@v)) + ty.i))"#),
    (r#"f1(i)"#, r#"f1(ty.i)"#),
    (r#"spec_08.f1(i) = 2"#, r#"(spec_08.f1(ty.i) = 2)"#),
    (r#"i = s"#, r#"(cast(ty.i as double) = cast(ty.s as double))"#),
    (r#"dt = s"#, r#"(ty.dt = cast(ty.s as datetime(6)))"#),
    (r#"da = dt"#, r#"(cast(ty.da as datetime) = ty.dt)"#),
    (r#"da > s"#, r#"(ty.da > cast(ty.s as date))"#),
    (r#"s = f"#, r#"(cast(ty.s as double) = ty.f)"#),
    (r#"ti > da"#, r#"(cast(ty.ti as datetime) > cast(ty.da as datetime))"#),
    (r#"en = i"#, r#"(cast(ty.en as double) = cast(ty.i as double))"#),
    (r#"s between i and u"#, r#"(ty.s between ty.i and ty.u)"#),
    (r#"i = -5"#, r#"(ty.i = <cache>(-(5)))"#),
    (r#"i > 5-3"#, r#"(ty.i > <cache>((5 - 3)))"#),
    (r#"i - -5"#, r#"(0 <> (ty.i - <cache>(-(5))))"#),
    (r#"-(i+u)"#, r#"-((ty.i + ty.u))"#),
    (r#"i = 1 and i = u"#, r#"((ty.i = 1) and (1 = ty.u))"#),
    (r#"i = u and u = 5"#, r#"((ty.u = 5) and (ty.i = 5))"#),
    (r#"f = 100000000000000000000"#, r#"(ty.f = 1e20)"#),
    (r#"i = 0.1e1"#, r#"(ty.i = 1)"#),
    (r#"dt >= '2020-01-01' and dt < '2020-01-01' + interval 1 month"#, r#"((ty.dt >= TIMESTAMP'2020-01-01 00:00:00') and (ty.dt < <cache>(('2020-01-01' + interval 1 month))))"#),
    (r#"`i` > 5 and (u = 3 or s = 'x') and not (d between 1 and 2)"#, r#"((ty.i > 5) and ((ty.u = 3) or (ty.s = 'x')) and (ty.d not between 1 and 2))"#),
    (r#"isnull(i) = 0"#, r#"((ty.i is null) = 0)"#),
    (r#"i > all (select a from nn)"#, r#"<not>((ty.i <= <max>(select #2)))"#),
    (r#"i > any (select a from nn)"#, r#"<nop>((ty.i > (select #2)))"#),
    (r#"(select a from nn where nn.b=ty.i limit 1)"#, r#"(select #2)"#),
];

struct Memory;

impl Files for Memory {
    fn read(&self, name: &str) -> Result<Option<Cow<'_, str>>, InputError> {
        Ok((name == "schema.sql").then_some(Cow::Borrowed(SCHEMA)))
    }
    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(name)
    }
}

#[test]
fn expressions_print_as_the_server_prints_them() {
    let mut catalog = load_files(&Memory).expect("the schema loads");
    catalog.current_schema = Some("spec_08".into());
    let mut wrong = String::new();
    for (written, printed) in PRINTS {
        let sql = format!("select {written} from ty");
        let text = print(&catalog, &sql).unwrap_or_else(|error| error);
        if text != *printed {
            wrong += &format!("{written}\n  server: {printed}\n  here:   {text}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Conditions go all the way through the planner.
#[test]
fn conditions_print_as_the_server_prints_them() {
    let mut catalog = load_files(&Memory).expect("the schema loads");
    catalog.current_schema = Some("spec_08".into());
    let planner = crate::Planner::new(&catalog);
    let mut wrong = String::new();
    for (written, printed) in CONDITIONS {
        let text = match planner.plan(&format!("select 1 from ty where {written}")) {
            Ok(plan) => print_where(&plan),
            Err(error) => error.to_string(),
        };
        if text != *printed && text != format!("(0 <> {printed})") {
            wrong += &format!("{written}\n  server: {printed}\n  here:   {text}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn print_where(plan: &crate::plan::Plan) -> String {
    let block = plan.query[plan.query.root].blocks[0];
    let mut out = String::new();
    let tree = PrintContext::tree(&plan.query, &plan.settings, block);
    if let Some(condition) = plan.blocks[block.0 as usize].as_ref().and_then(|block| block.where_) {
        expression::print(&mut out, &plan.query, &plan.blocks, condition, &tree);
    }
    out
}

/// The first select item in TREE's form.
fn print(catalog: &crate::catalog::Catalog, sql: &str) -> Result<String, String> {
    let statement = crate::parse::statement(sql, &catalog.settings).map_err(|error| error.to_string())?;
    let context = Context {
        catalog,
        settings: &catalog.settings,
        sql,
        variables: &[],
        trace: None,
        missed_dives: RefCell::default(),
        interrupt: None,
        evaluated_units: Default::default(),
        notes: Default::default(),
    };
    let query = crate::resolve::resolve(&context, &statement).map_err(|error| error.to_string())?;
    let block = query[query.root].blocks[0];
    let mut out = String::new();
    let tree = PrintContext::tree(&query, &catalog.settings, block);
    expression::print(&mut out, &query, &[], query[block].items[0].expr, &tree);
    Ok(out)
}
