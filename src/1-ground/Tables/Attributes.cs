namespace Kumiki;

/// <summary>The name of a record's column in files and SQL, where snake_case of its C# name is not it.</summary>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Property)]
public sealed class ColumnAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}

/// <summary>The digits of a decimal column; without it, 18 of which 4 after the point.</summary>
/// <param name="precision">All digits, 1 to 28: what a C# decimal holds.</param>
/// <param name="scale">Digits after the point, 0 to <paramref name="precision"/>.</param>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Property)]
public sealed class DecimalAttribute(int precision, int scale) : Attribute
{
    public int Precision { get; } = precision;
    public int Scale { get; } = scale;
}
