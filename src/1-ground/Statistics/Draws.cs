using System.Numerics;

namespace Kumiki.Statistics;

/// <summary>Random numbers that are the same for the same seed and stream on every machine and .NET version: xoshiro256++, seeded by SplitMix64. Blackman and
/// Vigna 2021.</summary>
/// <remarks>A stream of its own for each resample makes results independent of how many threads share the work.</remarks>
struct Draws
{
    ulong a, b, c, d;

    internal Draws(int seed, int stream)
    {
        var state = Mix(((ulong)(uint)seed << 32) | (uint)stream);
        (a, b, c, d) = (Mix(state + 1), Mix(state + 2), Mix(state + 3), Mix(state + 4));
    }

    /// <summary>64 random bits.</summary>
    internal ulong Next()
    {
        var result = BitOperations.RotateLeft(a + d, 23) + a;
        var t = b << 17;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= t;
        d = BitOperations.RotateLeft(d, 45);
        return result;
    }

    /// <summary>A number from 0 to <paramref name="below"/> − 1; no number is likelier than another by more than 2⁻³².</summary>
    internal int Below(int below) => (int)Math.BigMul(Next(), (ulong)below, out _);

    /// <summary>A well-spread function of its argument (SplitMix64).</summary>
    internal static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
