"""Garmin's product numbers by the name of the product, as the public FIT profile has them.

A watch is sold under several numbers, one for each region. A test compares this table with another decoder's profile.
"""

from __future__ import annotations

from collections.abc import Mapping

# A family of products a paragraph, so that what is new finds its place beside its like.
_NUMBERS: Mapping[str, tuple[int, ...]] = {
    # What is worn with a watch. Watches before 2015 wrote one byte of a strap's number, and the profile lists both.
    "HRM-Run": (8, 1752), "HRM4-Run": (13, 2327), "HRM-Tri": (12, 1743), "HRM-Dual": (3299,), "HRM-Pro": (3300,),
    "HRM-Pro Plus": (4130,), "HRM-Fit": (22, 4446), "HRM 200": (4606,), "HRM 600": (4607,),
    "Running Dynamics Pod": (2593,), "foot pod": (10007,),
    # Watches.
    "Forerunner 10": (1482, 1688), "Forerunner 15": (1903, 2061), "Forerunner 25": (2148,),
    "Forerunner 30": (2891, 2977), "Forerunner 35": (2503, 2650, 2667, 2668, 2727, 2814), "Forerunner 45": (3282, 3469),
    "Forerunner 50": (782,), "Forerunner 55": (3869, 4033), "Forerunner 60": (988,), "Forerunner 70": (1436,),
    "Forerunner 110": (1124, 1274), "Forerunner 165": (4432,), "Forerunner 165 Music": (4433,),
    "Forerunner 210": (1360,), "Forerunner 220": (1632, 1930, 1931, 2073, 2174), "Forerunner 225": (14, 2153, 2219),
    "Forerunner 230": (2157, 2313), "Forerunner 235": (2396, 2397, 2431, 2733, 3144), "Forerunner 245": (3076, 3145),
    "Forerunner 245 Music": (3077, 3321), "Forerunner 255": (3992,), "Forerunner 255 Music": (3990,),
    "Forerunner 255S": (3993,), "Forerunner 255S Music": (3991,), "Forerunner 265": (4257,), "Forerunner 265S": (4258,),
    "Forerunner 301": (473, 474, 475, 494), "Forerunner 310XT": (1018, 1446), "Forerunner 405": (717, 987),
    "Forerunner 610": (1345, 1410), "Forerunner 620": (1623, 1928, 1929, 2072, 2173),
    "Forerunner 630": (2156, 2310, 2311), "Forerunner 645": (2886, 3003), "Forerunner 645 Music": (2888, 3004),
    "Forerunner 735XT": (2158, 2533, 2534), "Forerunner 745": (3589, 3794),
    "Forerunner 910XT": (1328, 1537, 1600, 1664), "Forerunner 920XT": (1765, 2130, 2131, 2132),
    "Forerunner 935": (2691, 2833), "Forerunner 945": (3113, 3441), "Forerunner 945 LTE": (3652, 3978),
    "Forerunner 955": (4024,), "Forerunner 965": (4315,), "Forerunner 970": (4565,),
    "fenix": (1551,), "fenix Chronos": (2432, 2675), "fenix E": (4666,), "fenix 2": (1967,),
    "fenix 3": (2050, 2188, 2189, 2293, 2407, 2408), "fenix 3 HR": (2413, 2473, 2474, 2475, 2476, 2477),
    "fenix 5": (2697, 2796), "fenix 5 Plus": (3110,), "fenix 5S": (2544, 2797), "fenix 5S Plus": (2900, 3134),
    "fenix 5X": (2604, 2798), "fenix 5X Plus": (3111, 3135), "fenix 6": (3290, 3515), "fenix 6 Sport": (3289, 3514),
    "fenix 6S": (3288, 3513), "fenix 6S Sport": (3287, 3512), "fenix 6X": (3291, 3516), "fenix 7": (3906, 3909),
    "fenix 7 Pro Solar": (4375,), "fenix 7S": (3905, 3908), "fenix 7S Pro Solar": (4374,), "fenix 7X": (3907, 3910),
    "fenix 7X Pro Solar": (4376,), "fenix 8": (4534, 4536), "fenix 8 Solar": (4532, 4533),
    "epix": (1988, 2332, 2457), "epix 2": (3943, 3944), "epix 2 Pro 42 mm": (4312,), "epix 2 Pro 47 mm": (4313,),
    "epix 2 Pro 51 mm": (4314,),
    "Enduro": (3638, 3872), "Enduro 2": (4341,), "Enduro 3": (4575,),
    "MARQ Adventurer": (3624, 3648), "MARQ Athlete": (3251, 3451), "MARQ Aviator": (3247, 3421),
    "MARQ Captain": (3248, 3448), "MARQ Commander": (3249, 3449), "MARQ Driver": (3246, 3420),
    "MARQ Expedition": (3250, 3450), "MARQ Golfer": (3739, 3850), "MARQ 2": (4105,), "MARQ 2 Aviator": (4124,),
    "MARQ 2 Commander": (4472,),
    "tactix 7": (4135,), "tactix 8 AMOLED": (4775,), "tactix 8 Solar": (4776,),
    "Instinct Crossover": (4155,), "Instinct E": (4583, 4584), "Instinct Esports": (3126,), "Instinct Solar": (3466,),
    "Instinct 2": (3888, 4071), "Instinct 2S": (3889,), "Instinct 2X": (4394,), "Instinct 3 AMOLED": (4586, 4587),
    "Instinct 3 Solar": (4585, 4759),
    "Descent": (2859,), "Descent G1": (4005, 4132), "Descent G2": (4588,), "Descent Mk2": (3258, 3702),
    "Descent Mk2S": (3542, 3930), "Descent Mk3": (4222,), "Descent Mk3i": (4223,),
    "D2 Air": (2187,), "D2 Air X10": (4125,), "D2 Bravo": (2262,), "D2 Bravo Titanium": (2547,), "D2 Charlie": (2819,),
    "D2 Mach 1 Pro": (4556,),
    "Venu": (3226, 3737, 3740), "Venu Sq": (3600, 3837), "Venu Sq Music": (3596, 3599), "Venu 2": (3703, 3950),
    "Venu 2 Plus": (3851, 4017), "Venu 2S": (3704, 3949), "Venu Sq 2": (4115,), "Venu Sq 2 Music": (4116,),
    "Venu 3": (4260,), "Venu 3S": (4261,),
    "vivoactive": (1907, 2160), "vivoactive HR": (2337, 2497), "vivosport": (2623, 2832),
    "vivoactive 3": (2700, 3446, 3473), "vivoactive 3 Music": (2988, 3066, 3163), "vivoactive 4": (3225, 3388, 3389),
    "vivoactive 4S": (3224, 3387), "vivoactive 5": (4426,), "vivoactive 6": (4625,),
    "Legacy Captain Marvel": (3500, 3535), "Legacy Darth Vader": (3499, 3538), "Legacy First Avenger": (3501, 3536),
    "Legacy Rey": (3498, 3537),
}  # fmt: skip

# The name of every Garmin watch that records runs, and of the sensors worn with it, by product number.
GARMIN_PRODUCTS: Mapping[int, str] = {number: name for name, numbers in _NUMBERS.items() for number in numbers}
