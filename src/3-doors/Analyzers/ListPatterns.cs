namespace System;

/// <summary>What the compiler needs for list patterns and <c>[^1]</c>; netstandard2.0, the framework of analyzers, has it not.</summary>
readonly struct Index(int value, bool fromEnd = false)
{
    public int GetOffset(int length) => fromEnd ? length - value : value;
}
