using System.Linq.Expressions;
using System.Reflection;

namespace Kumiki.Tables;

/// <summary>A condition over a row's columns as SQL that means the same as in C#: a comparison with null is false, equality with null is equality.</summary>
sealed class PredicateSql
{
    readonly RowSchema schema;
    readonly LambdaExpression condition;

    internal PredicateSql(RowSchema schema, LambdaExpression condition)
    {
        (this.schema, this.condition) = (schema, condition);
        Text = Of(condition.Body);
    }

    /// <summary>In brackets; true or false, never null.</summary>
    internal string Text { get; }

    string Of(Expression e) => e switch
    {
        _ when !UsesRow(e) => SqlText.Value(Constant(e)),
        MemberExpression column when Member.PathOf(column) is { } property => schema.OfProperty(property).Sql,
        MemberExpression { Member.Name: "HasValue" } has when IsNullable(has.Expression) => $"({Of(has.Expression!)} IS NOT NULL)",
        MemberExpression { Member.Name: "Value" } value when IsNullable(value.Expression) => Of(value.Expression!),
        MemberExpression { Member.Name: nameof(string.Length) } length when length.Expression?.Type == typeof(string) => $"length({Of(length.Expression)})",
        UnaryExpression { NodeType: ExpressionType.Not } not => $"(NOT {Truth(not.Operand)})",
        UnaryExpression { NodeType: ExpressionType.Negate or ExpressionType.NegateChecked } negate => $"(-{Of(negate.Operand)})",
        UnaryExpression { NodeType: ExpressionType.Convert or ExpressionType.ConvertChecked } convert => Converted(convert),
        BinaryExpression binary => Binary(binary),
        MethodCallExpression call => Call(call),
        _ => throw Refused(e),
    };

    // A nullable truth counts as false where it is null, as C#'s lifted operators have it.
    string Truth(Expression e) => e.Type == typeof(bool) ? Of(e) : throw Refused(e);

    string Binary(BinaryExpression e) => e.NodeType switch
    {
        ExpressionType.AndAlso => $"({Truth(e.Left)} AND {Truth(e.Right)})",
        ExpressionType.OrElse => $"({Truth(e.Left)} OR {Truth(e.Right)})",
        ExpressionType.Equal => $"({Operand(e.Left, e.Right)} IS NOT DISTINCT FROM {Operand(e.Right, e.Left)})",
        ExpressionType.NotEqual => $"({Operand(e.Left, e.Right)} IS DISTINCT FROM {Operand(e.Right, e.Left)})",
        ExpressionType.LessThan => Compare(e, "<"),
        ExpressionType.LessThanOrEqual => Compare(e, "<="),
        ExpressionType.GreaterThan => Compare(e, ">"),
        ExpressionType.GreaterThanOrEqual => Compare(e, ">="),
        ExpressionType.Add when e.Type != typeof(string) => $"({Of(e.Left)} + {Of(e.Right)})",
        ExpressionType.Subtract => $"({Of(e.Left)} - {Of(e.Right)})",
        ExpressionType.Multiply => $"({Of(e.Left)} * {Of(e.Right)})",
        ExpressionType.Divide when Bare(e.Type) is var type
            && (type == typeof(double) || type == typeof(float) || type == typeof(decimal)) => $"({Of(e.Left)} / {Of(e.Right)})",
        ExpressionType.Modulo => $"({Of(e.Left)} % {Of(e.Right)})",
        ExpressionType.Coalesce => $"coalesce({Of(e.Left)}, {Of(e.Right)})",
        _ => throw Refused(e),
    };

    string Compare(BinaryExpression e, string sign) => e.Left is UnaryExpression { Operand: var operand } && Bare(operand.Type).IsEnum
        ? throw Refused(e)
        : $"coalesce({Of(e.Left)} {sign} {Of(e.Right)}, false)";

    // The compiler compares enums as numbers; here they are names.
    string Operand(Expression e, Expression other)
    {
        if (!UsesRow(e) && other is UnaryExpression { NodeType: ExpressionType.Convert, Operand: var column } && Bare(column.Type) is { IsEnum: true } type)
            return Constant(e) is { } number ? SqlText.Quote(Enum.ToObject(type, number).ToString()!) : "NULL";
        return Of(e);
    }

    string Converted(UnaryExpression e)
    {
        var (from, to) = (Bare(e.Operand.Type), Bare(e.Type));
        if (from == to || from.IsEnum || to == typeof(object)) return Of(e.Operand);
        if (to == typeof(double) || to == typeof(float)) return $"CAST({Of(e.Operand)} AS DOUBLE)";
        if (to == typeof(long)) return $"CAST({Of(e.Operand)} AS BIGINT)";
        if (to == typeof(int) && Type.GetTypeCode(from) is TypeCode.Byte or TypeCode.SByte or TypeCode.Int16 or TypeCode.UInt16)
            return $"CAST({Of(e.Operand)} AS INTEGER)";
        if (to == typeof(decimal)) return Of(e.Operand);
        throw Refused(e);
    }

    string Call(MethodCallExpression e)
    {
        if (e.Method.DeclaringType == typeof(string) && e.Object is not null && e.Arguments.Count == 1 && e.Arguments[0].Type == typeof(string))
        {
            var function = e.Method.Name switch
            {
                nameof(string.StartsWith) => "starts_with",
                nameof(string.EndsWith) => "ends_with",
                nameof(string.Contains) => "contains",
                _ => throw Refused(e),
            };
            return $"coalesce({function}({Of(e.Object)}, {Of(e.Arguments[0])}), false)";
        }
        if (e.Method == ((Func<string?, bool>)string.IsNullOrEmpty).Method) return $"(coalesce({Of(e.Arguments[0])}, '') = '')";
        throw Refused(e);
    }

    static Type Bare(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    static bool IsNullable(Expression? e) => e is not null && Nullable.GetUnderlyingType(e.Type) is not null;

    static bool UsesRow(Expression e)
    {
        var found = new RowFinder();
        found.Visit(e);
        return found.Found;
    }

    static object? Constant(Expression e)
    {
        try
        {
            return Expression.Lambda(e).Compile(preferInterpretation: true).DynamicInvoke();
        }
        catch (TargetInvocationException thrown)
        {
            throw new KumikiException(Message.Of("tables.predicate", ("part", e)), thrown.InnerException);
        }
    }

    KumikiException Refused(Expression part) => new(Message.Of("tables.predicate-part", ("part", part), ("condition", condition)));

    sealed class RowFinder : ExpressionVisitor
    {
        internal bool Found { get; private set; }

        protected override Expression VisitParameter(ParameterExpression node)
        {
            Found = true;
            return node;
        }
    }
}
