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

/// <summary>Where a column's value stands in nested JSON: names from the outside in with dots between, <c>[Path("user.address.city")]</c>.</summary>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Property)]
public sealed class PathAttribute(string path) : Attribute
{
    public string Path { get; } = path;
}

/// <summary>The elements of every vector of a column; without it, each row may have as many as it likes.</summary>
/// <param name="length">At least 1.</param>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Property)]
public sealed class VectorAttribute(int length) : Attribute
{
    public int Length { get; } = length;
}

/// <summary>Holds the name of the file that a row came from, without its folders; on a text column of rows that come from CSV files, which then have no such column.</summary>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Property)]
public sealed class SourceFileAttribute : Attribute;

/// <summary>Keeps the files of a <see cref="Source.Folder"/> in the version, as <c>content/SHA256</c>; on the text column that holds their SHA-256.</summary>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Property)]
public sealed class ContentAttribute : Attribute;

/// <summary>Holds a picture as it was encoded, JPEG, PNG or WebP; on a <c>byte[]</c> of a record that endpoints are asked with. Tables keep none: there <see cref="ContentAttribute"/> names its
/// file.</summary>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Property)]
public sealed class PictureAttribute : Attribute;

/// <summary>Tells of a person: its values are masked wherever they would be shown, logged or handed out.</summary>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Property)]
public sealed class PersonalAttribute : Attribute;
