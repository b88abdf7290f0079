// Coefficients and range limits of math-inl.h. The polynomials are minimax fits printed by tools/fit_polynomials.py;
// the comment behind each name is the largest error of the exact coefficients, relative to the function.
#pragma once

#include <cstdint>

namespace tiny_torch::simd {

template <class T>
struct MathConstants;

template <>
struct MathConstants<float> {
  static constexpr float kLog2e = 1.44269504f, kLn2High = 0.693145752f, kLn2Low = 1.42860677e-6f;
  static constexpr float kTwoOverPi = 0.636619772f;
  // kLn2High times any exponent is exact; the parts of pi/2 are full significands.
  static constexpr float kPiOver2[] = {1.57079637f, -4.37113883e-8f, -1.71512489e-15f};
  static constexpr float kTrigLimit = 65536.0f;                // up to here three parts of pi/2 are enough
  static constexpr float kExpHigh = 89.0f, kExpLow = -104.0f;  // beyond: inf and 0
  static constexpr float kExpm1Low = -18.0f;                   // below: -1
  static constexpr float kTanhOne = 10.0f;                     // from here: 1
  static constexpr float kErfCentre = 2.0f, kErfOne = 4.0f, kErfcZero = 10.5f;  // see erf in math-inl.h
  static constexpr int kExponentBias = 127, kMantissaBits = 23;
  using Int = int32_t;
  static constexpr float kExp[] = {// error 2^-26.09
                                   0.500000006f, 0.166665438f, 0.0416662899f, 0.00836652165f, 0.00139459795f};
  static constexpr float kLog[] = {// error 2^-36.57
                                   0.666666657f, 0.400003327f, 0.285374260f, 0.235804866f};
  static constexpr float kSin[] = {// error 2^-37.55
                                   -0.166666666f, 0.00833332938f, -0.000198393321f, 2.71827613e-6f};
  static constexpr float kCos[] = {// error 2^-33.24
                                   0.0416666470f, -0.00138873719f, 2.44387642e-5f};
  static constexpr float kTan[] = {
      // error 2^-29.34
      0.333333512f, 0.133326135f, 0.0540654876f, 0.0212540397f, 0.0109070512f, 1.34335709e-6f, 0.00441880632f};
  static constexpr float kErf[] = {
      // error 2^-29.34
      0.128379166f, -0.376126198f, 0.112833915f, -0.0268353490f, 0.00511578488f, -0.000675953386f};
  static constexpr float kTanh[] = {// error 2^-27.81
                                    -0.333332849f, 0.133315101f, -0.0537446478f, 0.0206533928f, -0.00571939663f};
  static constexpr float kErfcLog2[] = {
      // error 2^-28.31
      -3.02438382e-5f, -1.62798841f, -0.917319890f, -0.151726261f, 0.0329662758f, -0.00462581534f, 0.000307637848f};
  static constexpr float kErfcx[] = {// error 2^-28.95
                                     1.27697838f,     -0.0927637922f, -0.166030162f,  0.164049387f,    -0.0542251317f,
                                     -0.00800398505f, 0.00875288868f, 0.00108326435f, -0.00146631571f, -1.92734653e-5f};
};

template <>
struct MathConstants<double> {
  static constexpr double kLog2e = 1.4426950408889634, kLn2High = 0.693147180559663, kLn2Low = 2.8235290563031577e-13;
  static constexpr double kTwoOverPi = 0.63661977236758138;
  static constexpr double kPiOver2[] = {1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33};
  static constexpr double kTrigLimit = 268435456.0;
  static constexpr double kExpHigh = 710.0, kExpLow = -746.0;
  static constexpr double kExpm1Low = -38.0;
  static constexpr double kTanhOne = 20.0;
  static constexpr double kErfCentre = 3.0, kErfOne = 6.0, kErfcZero = 28.0;
  static constexpr int kExponentBias = 1023, kMantissaBits = 52;
  using Int = int64_t;
  static constexpr double kExp[] = {// error 2^-61.63
                                    0.50000000000000000,   0.16666666666666676,   0.041666666666666700,
                                    0.0083333333333218358, 0.0013888888888867251, 0.00019841269885705484,
                                    2.4801587359954649e-5, 2.7557244555982565e-6, 2.7557243149421475e-7,
                                    2.5108938142214454e-8, 2.0924350923611405e-9};
  static constexpr double kLog[] = {// error 2^-58.44
                                    0.66666666666667307, 0.39999999999433573, 0.28571428738994505, 0.22222198863811981,
                                    0.18183551475266490, 0.15314333464067821, 0.14793498545815312};
  static constexpr double kLogTail[] = {// error 2^-65.19
                                        0.40000000000002051, 0.28571428570180134, 0.22222222507708908,
                                        0.18181785296434615, 0.15386719483929454, 0.13257606532374509,
                                        0.13189714628262019};
  static constexpr double kSin[] = {// error 2^-57.97
                                    -0.16666666666666632,  0.0083333333333224648,  -0.00019841269829823238,
                                    2.7557313691093232e-6, -2.5050757251199416e-8, 1.5896711404653859e-10};
  static constexpr double kCos[] = {// error 2^-64.0
                                    0.041666666666666613,   -0.0013888888888876000, 2.4801587290487217e-5,
                                    -2.7557314607113038e-7, 2.0875754168156761e-9,  -1.1361092514661095e-11};
  static constexpr double kTan[] = {// error 2^-59.75
                                    0.33333333333333378,   0.13333333333325554,    0.053968253972861008,
                                    0.021869488399373229,  0.0088632379317657397,  0.0035921007199317467,
                                    0.0014560469550972899, 0.00058885678730649697, 0.00024378049429804965,
                                    8.3481530588483387e-5, 6.7363920139878341e-5,  -2.5812226806704294e-5,
                                    4.8782377428236188e-5, -2.4344683876111873e-5, 9.8143111695177168e-6};
  static constexpr double kErf[] = {// error 2^-60.09
                                    0.12837916709551257,    -0.37612638903183717,   0.11283791670952611,
                                    -0.026866170644431381,  0.0052239776154490620,  -0.00085483261903251776,
                                    0.00012055289617597537, -1.4924197228342819e-5, 1.6430693166614106e-6,
                                    -1.5940100665310076e-7, 1.1472473128944018e-8};
  static constexpr double kTanh[] = {// error 2^-56.46
                                     -0.33333333333332927,   0.13333333333269520,    -0.053968253934094682,
                                     0.021869487631139514,   -0.0088632216307035293, 0.0035919936628424701,
                                     -0.0014549795651273782, 0.00058637797549598530, -0.00022867778055180989,
                                     7.7263241813767489e-5,  -1.6126384698284313e-5};
  static constexpr double kErfcLog2[] = {// error 2^-60.93
                                         1.6309718393798606e-8,   -1.6279072579486090,     -0.91844667217641513,
                                         -0.14827579587119530,    0.027614713854794700,    0.00026239162424679644,
                                         -0.0023809926110373155,  0.00076339396714379310,  5.6925372350507112e-5,
                                         -0.00017501686758717992, 0.00010081660977049856,  -3.7922342017323517e-5,
                                         1.0696396010984207e-5,   -2.3471878145001485e-6,  4.0226844861678523e-7,
                                         -5.3040678787963833e-8,  5.2037111015863232e-9,   -3.5739313917061921e-10,
                                         1.5248865782975405e-11,  -2.9556188922015098e-13, -6.4092259433237955e-16};
  static constexpr double kErfcx[] = {// error 2^-56.56
                                      1.2530080582697297,      -0.13562110612458155,    -0.047562294353451312,
                                      0.12964515870281701,     -0.11927366341528116,    0.068308027341481012,
                                      -0.023770514918636248,   0.0025293918667551663,   0.0018886903407367276,
                                      -0.00077983283266359271, -0.00010515942832817181, 0.00012510299873153857,
                                      4.9460990829491595e-6,   -2.0114799493506559e-5,  -7.1456337399402291e-7,
                                      3.5045211533339765e-6,   3.0841354725520081e-7,   -6.5253449183340869e-7,
                                      -6.6143247301185560e-8,  1.0949134698257564e-7,   -1.1815650522814193e-8};
};

}  // namespace tiny_torch::simd
