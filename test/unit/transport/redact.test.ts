/** redact: what is a secret on a line, and what is not. */
import { describe, expect, test } from 'vitest';
import { redact } from '../../../src/transport/redact.ts';

describe('secrets become stars', () => {
  test.each([
    ['AT+CPIN=1234', 'AT+CPIN=****'],
    ['AT+CPIN="1234"', 'AT+CPIN="****"'],
    ['at+cpin = "1234"', 'at+cpin = "****"'],
    ['AT+CPIN="12345678","4321"', 'AT+CPIN="********","****"'],
    ['AT+CMEE=1;+CPIN=1234', 'AT+CMEE=1;+CPIN=****'],
    ['AT+CLCK="SC",1,"1234"', 'AT+CLCK="SC",1,"****"'],
    ['AT+CPWD="SC","1234","9876"', 'AT+CPWD="SC","****","****"'],
    ['AT+CGAUTH=1,2,"me","p;w d"', 'AT+CGAUTH=1,2,"**","*** *"'],
    ['+CGAUTH: 1,1,"user"', '+CGAUTH: 1,1,"****"'],
    ['AT+QICSGP=1,1,"apn","me","pw",1', 'AT+QICSGP=1,1,"apn","**","**",*'],
    ['AT+SQNSPCFG=1,2,"0x3D",1,0,1,2,"c0ffee","id"', 'AT+SQNSPCFG=1,2,"0x3D",1,0,1,2,"******","**"'],
    ['356938035643809', '***************'],
    ['+CGSN: "356938035643809"', '+CGSN: "***************"'],
    ['+CIMI: 262019876543210', '+CIMI: ***************'],
    ['8943010352429404190', '*******************'],
    ['8943010352429404190F', '*******************F'],
    ['+CCID: 8943010352429404190F', '+CCID: ********************'],
    [
      '+SQNCCID: "8943010352429404190","89049032000001000000000000000001"',
      '+SQNCCID: "*******************","********************************"',
    ],
    ['IMEI: 35693803564380', 'IMEI: **************'],
    ['ATD+436641234567;', 'ATD+**********67;'],
    ['ATDT 06641234567', 'ATDT *********67'],
    ['ATE0D06641234567;', 'ATE0D*********67;'],
    ['AT+CMGS="+436641234567"', 'AT+CMGS="+**********67"'],
    [
      '+CMGR: "REC READ","06641234567",,"26/05/06,10:11:12+08"',
      '+CMGR: "REC READ","*********67",,"26/05/06,10:11:12+08"',
    ],
    ['+CLIP: "06641234",145', '+CLIP: "******34",145'],
    ['+CNUM: ,"+436641234567",145', '+CNUM: ,"+**********67",145'],
    ['+CUSD: 0,"your number is 06641234567",15', '+CUSD: 0,"your number is *********67",15'],
    ['+UNKNOWN: "06641234567"', '+UNKNOWN: "*********67"'],
    ['call +43 6641234567 or +436641234567', 'call +43 6641234567 or +**********67'],
  ])('%s', (line, shown) => {
    expect(redact(line)).toBe(shown);
    expect(redact(line)).toHaveLength(line.length);
  });
});

describe('the rest stays', () => {
  test.each([
    'AT+CPIN?',
    '+CPIN: READY',
    '+CPIN: SIM PIN',
    'AT+CLCK="SC",2',
    '+CLCK: 1',
    'AT+CGSN',
    'AT+CGSN=1',
    'AT+CGAUTH?',
    'AT+SQNSD=1,1,7,"127.0.0.1",0,5000,1,1',
    '+SQNSRECV: 1,1500',
    '+CEREG: 2,1,"01A2","01028305",7,,,"00000110","00000001"',
    'AT+CPSMS=1,,,"00000110","00000001"',
    'AT+COPS=1,2,"26201"',
    '+CGPADDR: 1,"32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1"',
    '+CMGS: 124',
    'ATD*99#',
    'ATD*99***1#',
    // Hexadecimal data, although it holds long runs of digits.
    '00112233445566778899AABBCCDDEEFF00112233445566778899',
    'D0123456789',
  ])('%s', line => {
    expect(redact(line)).toBe(line);
  });
});
